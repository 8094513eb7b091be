"""Templates: apps a team keeps as a model for further ones, and apps made of them."""

from django.db import transaction

from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.prompts.models import App, AppTemplate
from apps.prompts.selectors import get_app, get_template
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .apps import check_description, check_name, update_app
from .icons import release_icon
from .transfer import ImportResult, export_app, import_app

MAX_CATEGORY = 50


def save_as_template(
    *, app: App, name: str = "", description: str | None = None, category: str = "", user: User | None = None
) -> AppTemplate:
    """Keeps the app's draft as a template of its workspace. It is a copy: later changes of the app do not reach it.

    Args:
        name: without one, the app's.
        description: None: the app's.
        category: at most 50 characters, under which the gallery shows it.

    Raises:
        InvalidParam: a text is too long.
        AppUnavailable: the app has no draft.
    """
    category = storable(category).strip()
    if len(category) > MAX_CATEGORY:
        raise InvalidParam(f"A category has at most {MAX_CATEGORY} characters.", params="category")
    with transaction.atomic():
        template = AppTemplate.objects.create(
            workspace=app.workspace,
            name=check_name(name) if name.strip() else app.name,
            description=check_description(app.description if description is None else description),
            category=category,
            mode=app.mode,
            icon_type=app.icon_type,
            icon=app.icon,
            icon_background=app.icon_background,
            content=export_app(app=app),
            created_by=user,
        )
        audit.record(
            workspace=app.workspace, user=user, action="template.create", object_type="template",
            object_id=template.pk, data={"app": str(app.id), "name": template.name},
        )  # fmt: skip
    return template


def create_from_template(
    *,
    workspace: Workspace,
    template_id: str,
    name: str = "",
    icon: str = "",
    icon_background: str = "",
    user: User | None = None,
    publish_now: bool = False,
) -> ImportResult:
    """A new app of a template.

    Args:
        template_id: the id of one of the team's, or the key of a shipped one.
        name, icon, icon_background: empty ones are the template's; the icon is one emoji, the colour #rrggbb.

    Raises:
        TemplateNotFound, InvalidParam, and what `import_app` raises.
    """
    template = get_template(workspace=workspace, template_id=template_id)
    look = {name: value for name, value in (("icon", icon), ("icon_background", icon_background)) if value}
    with transaction.atomic():
        result = import_app(
            workspace=workspace,
            content=template.content,
            name=check_name(name) if name.strip() else template.name,
            user=user,
            publish_now=publish_now,
        )
        if look:
            update_app(app=get_app(workspace=workspace, app_id=result.app_id), user=user, **look)
    return result


def delete_template(*, workspace: Workspace, template_id: str, user: User | None = None) -> None:
    """Removes one of the team's templates; apps made of it stay. Raises TemplateNotFound."""
    template = get_template(workspace=workspace, template_id=template_id)
    if not isinstance(template, AppTemplate):
        raise InvalidParam("Templates that come with the product cannot be deleted.")
    with transaction.atomic():
        audit.record(
            workspace=workspace, user=user, action="template.delete", object_type="template", object_id=template.pk,
            data={"name": template.name},
        )  # fmt: skip
        template.delete()
        release_icon(workspace, template.icon_type, template.icon)
