"""What can go wrong with apps and their files."""

from collections.abc import Mapping, Sequence

from apps.common.errors import AppError, BadRequest, Conflict, Forbidden, InvalidParam, NotFound


class AppUnavailable(AppError):
    code = "app_unavailable"
    default_message = "App unavailable, please check your app configurations."


class NotChatApp(AppError):
    code = "not_chat_app"
    default_message = "Please check if your app mode matches the right API route."


class NotWorkflowApp(AppError):
    code = "not_workflow_app"
    default_message = NotChatApp.default_message


class NotCompletionApp(AppError):
    code = "not_completion_app"
    default_message = "Only text generators have this. Use the key or page of an app of that kind."


class EndUserNotFound(NotFound):
    code = "end_user_not_found"
    default_message = "End user not found."


class NotPublished(AppError):
    code = "app_unavailable"
    default_message = "The app is not published yet. Publish it, then call it again."


class FlowNotPublished(InvalidParam):
    default_message = "Workflow not published"


class ApiDisabled(Forbidden):
    default_message = "The app's API service has been disabled."


class InvalidAppConfig(AppError):
    """A configuration that must not go live as it is.

    Args:
        problems: code, sentence and field of each thing that is wrong; see `validation`.
    """

    code = "invalid_app_config"
    default_message = "The app's configuration is not valid."

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        self.problems = problems
        super().__init__(" ".join(sentence for _, sentence, _ in problems))

    def body(self) -> dict[str, object]:
        names = ("code", "message", "field")
        problems = [dict(zip(names, problem, strict=True)) for problem in self.problems]
        return {**super().body(), "problems": problems}


class ExpertModeOnly(Conflict):
    default_message = (
        "This app is in expert mode, which has no way back to basic mode. To return, restore an earlier version of "
        "the app from its version history."
    )


class DraftConflict(Conflict):
    """Somebody, perhaps the same person in another window, saved the draft meanwhile.

    Args:
        draft: what is stored: version_id, number, config, saved_by, saved_at.
    """

    code = "draft_conflict"
    default_message = (
        "The app was changed in another window meanwhile. Take over what is stored there, or overwrite it."
    )

    def __init__(self, draft: Mapping[str, object]) -> None:
        self.draft = draft
        super().__init__()

    def body(self) -> dict[str, object]:
        return {**super().body(), "draft": dict(self.draft)}


class DesignFailed(AppError):
    code = "design_failed"
    retryable = True
    default_message = "The model's answer was no design. Try again, or describe the app in other words."


class SiteNotFound(NotFound):
    default_message = "This page does not exist any more. Ask whoever sent you the link for a new one."


class WorkspaceArchived(Forbidden):
    default_message = "The workspace's status is archived."


class BrokenAppFile(BadRequest):
    code = "invalid_app_file"
    default_message = "Invalid YAML format: content must be a mapping"


class NewerAppFile(BadRequest):
    """An app file of a version that is not known here."""

    code = "newer_app_file"

    def __init__(self, version: str) -> None:
        super().__init__(
            f"The file's version {version} is newer than this product knows. Import it once more and accept that, "
            "or update the product first."
        )


class TooManyKeys(AppError):
    code = "max_keys_reached"
    default_message = "An app has at most 10 keys. Revoke one that is no longer used, then create a new one."


class TemplateNotFound(NotFound):
    default_message = "The template does not exist."


class FileNotFetched(BadRequest):
    code = "invalid_app_file"
    default_message = "No app file could be fetched from this address."
