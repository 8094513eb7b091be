"""What users think of answers."""

from django.utils.translation import gettext_noop as _

from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import ID, MESSAGE, SUCCESS, USER


@sections.register
class Feedback(Section):
    """Ratings."""

    key, label, position = "feedback", _("Feedback"), 30
    endpoints = (
        Endpoint(
            "POST",
            "/messages/{message_id}/feedbacks",
            _("Rate an answer"),
            _("Sets, changes or takes back what a user thinks of an answer. It stands in your log."),
            (
                MESSAGE,
                Parameter("rating", "text", _("like, dislike, or null to take it back."), required=True),
                USER,
                Parameter("content", "text", _("What the user adds in words.")),
            ),
            body={"rating": "like", "user": "ada"},
            answer=SUCCESS,
        ),
        Endpoint(
            "GET",
            "/app/feedbacks",
            _("List all ratings"),
            _("Of all users, newest first."),
            (
                Parameter("page", "number", _("From 1."), where="query"),
                Parameter("limit", "number", _("How many at most: 1 to 101, 20 if absent."), where="query"),
            ),
            query={"page": "1", "limit": "20"},
            answer={"data": [{"id": ID, "message_id": ID, "rating": "like", "content": None, "from_source": "user"}]},
        ),
    )
