"""Copies of apps."""

from django.db import transaction

from apps.prompts.errors import AppUnavailable
from apps.prompts.models import App, Site
from apps.workspaces.choices import TagKind
from apps.workspaces.models import User
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services import audit, tags

from .apps import MAX_NAME, check_name, create_app

ENDING = " copy"
_COPIED = ("description", "icon_type", "icon", "icon_background", "use_icon_as_answer_icon")
_NOT_OF_SITES = ("app", "updated_at")


def duplicate_app(*, app: App, name: str = "", user: User | None = None) -> App:
    """A new app with the draft, tags and page settings of this one. Nothing of it is published; it has no keys.

    Args:
        name: without one, the app's with " copy".

    Raises:
        InvalidParam: the name is too long.
        AppUnavailable: the app has no draft.
    """
    if app.draft is None:
        raise AppUnavailable
    name = check_name(name) if name.strip() else app.name[: MAX_NAME - len(ENDING)] + ENDING
    fields = {field: getattr(app, field) for field in _COPIED}
    with transaction.atomic():
        config = app.draft.config
        copy = create_app(
            workspace=app.workspace, name=name, mode=app.mode, config=config, user=user, copied_from=config, **fields
        )
        _copy_site(app, copy)
        bound = list_tags_of(workspace=app.workspace, target_ids=[app.id]).get(app.id, [])
        tag_ids = [tag.pk for tag in bound]
        tags.bind_tags(workspace=app.workspace, kind=TagKind.APP, tag_ids=tag_ids, target_id=copy.id)
        audit.record(
            workspace=app.workspace, user=user, action="app.duplicate", object_type="app", object_id=app.id,
            data={"copy": str(copy.id)},
        )  # fmt: skip
    return copy


def _copy_site(app: App, copy: App) -> None:
    site = Site.objects.filter(app=app).first()
    if site is not None:
        names = [field.name for field in Site._meta.concrete_fields if field.name not in _NOT_OF_SITES]
        Site.objects.create(app=copy, **{name: getattr(site, name) for name in names})
