"""Apps, their pages, users and uploads as the APIs show them (service API 5.1, 6.6; extensions 5.5)."""

from typing import Any

from apps.files.kinds import kind_of
from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.prompts.icons import icon_url
from apps.prompts.models import App, EndUser, Site


def site_json(app: App, *, base_url: str) -> dict[str, Any]:
    """How the app's public page looks: by its own settings, else by the app's."""
    site: Site = getattr(app, "site", None) or Site(app=app)
    face: App | Site = site if site.icon else app
    return {
        "title": site.title or app.name,
        "chat_color_theme": site.chat_color_theme or None,
        "chat_color_theme_inverted": site.chat_color_theme_inverted,
        "icon_type": face.icon_type,
        "icon": face.icon,
        "icon_background": face.icon_background,
        "icon_url": icon_url(face, base_url=base_url),
        "description": site.description or app.description,
        "copyright": site.copyright,
        "privacy_policy": site.privacy_policy,
        "custom_disclaimer": site.custom_disclaimer,
        "default_language": site.default_language,
        "show_workflow_steps": site.show_workflow_steps,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
        "input_placeholder": site.input_placeholder,
    }


def end_user_json(user: EndUser) -> dict[str, Any]:
    """An end user; times are ISO 8601 here."""
    return {
        "id": str(user.pk),
        "tenant_id": str(user.workspace_id),
        "app_id": str(user.app_id),
        "type": user.kind,
        "external_user_id": user.session_id,
        "name": user.name or None,
        "is_anonymous": user.is_anonymous,
        "session_id": user.session_id,
        "created_at": user.created_at.isoformat(),
        "updated_at": user.created_at.isoformat(),
    }


def upload_json(upload: UploadFile, *, base_url: str) -> dict[str, Any]:
    """A stored upload; `preview_url` is a signed link for a while, of images alone."""
    link = file_url(upload.pk, base_url=base_url)
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "size": upload.size_bytes,
        "extension": upload.extension,
        "mime_type": upload.mime_type,
        "created_by": str(upload.created_by_end_user) if upload.created_by_end_user else None,
        "created_at": int(upload.created_at.timestamp()),
        "preview_url": link if kind_of(upload.extension) == "image" else None,
        "source_url": link,
    }
