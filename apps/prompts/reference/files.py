"""Files that go with a question."""

from django.utils.translation import gettext_noop as _

from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import AT, ID, USER_IN_FORM


@sections.register
class Files(Section):
    """Uploads."""

    key, label, position = "files", _("Files"), 40
    endpoints = (
        Endpoint(
            "POST",
            "/files/upload",
            _("Upload a file"),
            _("Stores a file for a later question; name it there by its id."),
            (
                Parameter("file", "file", _("With its name and content type."), required=True, where="form"),
                USER_IN_FORM,
            ),
            form={"user": "ada"},
            file="report.pdf",
            answer={
                "id": ID,
                "name": "report.pdf",
                "size": 1730,
                "extension": "pdf",
                "mime_type": "application/pdf",
                "created_at": AT,
            },
        ),
        Endpoint(
            "GET",
            "/files/{file_id}/preview",
            _("Download a file"),
            _("The bytes of an upload that a message of the app holds."),
            (
                Parameter("file_id", "UUID", _("The upload."), required=True, where="path"),
                Parameter("as_attachment", "bool", _("“true” makes a browser save it."), where="query"),
                Parameter("user", "text", _("Only messages of this user count."), where="query"),
            ),
            query={"as_attachment": "true"},
            answer=_("The file's bytes."),
        ),
    )
