"""What clients have to know of an app."""

from django.utils.translation import gettext_noop as _

from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import ID


@sections.register
class About(Section):
    """Form, switches, looks."""

    key, label, position = "about", _("About the app"), 60
    endpoints = (
        Endpoint(
            "GET",
            "/parameters",
            _("Form and switches"),
            _("What a client needs to draw the app's form and buttons, and the limits of uploads."),
            answer={
                "opening_statement": "",
                "suggested_questions": [],
                "user_input_form": ["…"],
                "system_parameters": {},
            },
        ),
        Endpoint(
            "GET",
            "/info",
            _("Name and description"),
            _("Works before the app is published, too."),
            answer={"name": "…", "description": "…", "tags": [], "mode": "…", "author_name": "…"},
        ),
        Endpoint(
            "GET",
            "/site",
            _("Looks of the page"),
            _("Title, icon, colours and texts of the app's public page."),
            answer={"title": "…", "icon_type": "emoji", "icon": "…", "default_language": "en-US"},
        ),
        Endpoint(
            "GET",
            "/meta",
            _("Icons of tools"),
            _("The icons of the tools an app uses."),
            answer={"tool_icons": {}},
        ),
        Endpoint(
            "GET",
            "/end-users/{end_user_id}",
            _("A user of the app"),
            _("By the id that uploads and ratings name."),
            (Parameter("end_user_id", "UUID", _("The user's id."), required=True, where="path"),),
            answer={"id": ID, "type": "service-api", "session_id": "ada", "is_anonymous": False},
        ),
    )
