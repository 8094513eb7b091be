"""Tags: the words by which a team sorts its apps and knowledge bases.

What is tagged stands in higher apps; whoever calls these services has found it through the workspace.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.errors import InvalidParam
from apps.common.tenancy import get_or_404
from apps.common.text import shown, storable
from apps.workspaces.choices import TagKind
from apps.workspaces.errors import TagNameTaken
from apps.workspaces.models import Tag, TagBinding, User, Workspace

from . import audit

MAX_NAME = 50
MAX_TAGS = 30  # on one app or base: more cannot be read on a card


def create_tag(*, workspace: Workspace, kind: str, name: str, user: User | None = None) -> Tag:
    """A new tag.

    Args:
        kind: `app` or `knowledge`.
        name: 1 to 50 characters, unique among the workspace's tags of that kind, whatever its case.

    Raises:
        InvalidParam: unknown kind, empty or too long name.
        TagNameTaken.
    """
    if kind not in TagKind.values:
        raise InvalidParam(f"{shown(kind)} is not a valid choice", params="kind")
    name = clean_name(name)
    try:
        with transaction.atomic():
            tag = Tag.objects.create(workspace=workspace, kind=kind, name=name, created_by=user)
            _record(workspace, user, "tag.create", tag.pk, name=name, kind=kind)
    except IntegrityError as error:
        raise TagNameTaken from error
    return tag


def rename_tag(
    *, workspace: Workspace, tag_id: UUID | str, name: str, kind: str | None = None, user: User | None = None
) -> Tag:
    """Gives a tag another name; what it is on keeps it.

    Args:
        kind: the only one to be found; None: all are.

    Raises:
        NotFound, InvalidParam, TagNameTaken.
    """
    tag = _own(workspace, tag_id, kind)
    tag.name = clean_name(name)
    try:
        with transaction.atomic():
            tag.save(update_fields=["name"])
            _record(workspace, user, "tag.rename", tag.pk, name=tag.name)
    except IntegrityError as error:
        raise TagNameTaken from error
    return tag


def delete_tag(*, workspace: Workspace, tag_id: UUID | str, kind: str | None = None, user: User | None = None) -> None:
    """Takes a tag off everything and removes it; `kind` as in `rename_tag`. Raises NotFound."""
    tag = _own(workspace, tag_id, kind)
    with transaction.atomic():
        _record(workspace, user, "tag.delete", tag.pk, name=tag.name)
        tag.delete()


def bind_tags(*, workspace: Workspace, kind: str, tag_ids: Iterable[UUID | str], target_id: UUID) -> None:
    """Puts tags on an app or base; those it has already stay. Raises NotFound, InvalidParam: too many."""
    tags = [_own(workspace, tag_id, kind) for tag_id in tag_ids]
    with transaction.atomic():
        TagBinding.objects.bulk_create(
            [TagBinding(tag=tag, target_id=target_id) for tag in tags], ignore_conflicts=True
        )
        if TagBinding.objects.filter(target_id=target_id).count() > MAX_TAGS:
            raise _too_many()


def unbind_tags(*, workspace: Workspace, tag_ids: Iterable[UUID], target_id: UUID) -> None:
    """Takes tags off an app or base; those it has not are passed over."""
    TagBinding.objects.filter(tag__workspace=workspace, tag_id__in=list(tag_ids), target_id=target_id).delete()


def set_tags(
    *, workspace: Workspace, kind: str, names: Iterable[str], target_id: UUID, user: User | None = None
) -> list[Tag]:
    """Makes these the tags of an app or base; names that are no tag yet become one.

    Raises:
        InvalidParam: a name is empty or too long, or there are more than 30.
    """
    wanted = list({clean.lower(): clean for clean in map(clean_name, names)}.values())
    if len(wanted) > MAX_TAGS:
        raise _too_many()
    with transaction.atomic():
        tags = [_named(workspace, kind, name, user) for name in wanted]
        bindings = TagBinding.objects.filter(tag__workspace=workspace, tag__kind=kind, target_id=target_id)
        bindings.exclude(tag__in=tags).delete()
        bind_tags(workspace=workspace, kind=kind, tag_ids=[tag.pk for tag in tags], target_id=target_id)
    return tags


def forget_target(*, target_id: UUID) -> None:
    """Takes every tag off what is about to be deleted."""
    TagBinding.objects.filter(target_id=target_id).delete()


def clean_name(name: str) -> str:
    """A tag's name as it is stored. Raises InvalidParam: empty, or over 50 characters."""
    name = " ".join(storable(name).split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidParam(f"A tag's name has 1 to {MAX_NAME} characters.", params="name")
    return name


def _named(workspace: Workspace, kind: str, name: str, user: User | None) -> Tag:
    tag = Tag.objects.filter(workspace=workspace, kind=kind, name__iexact=name).first()
    return tag or create_tag(workspace=workspace, kind=kind, name=name, user=user)


def _own(workspace: Workspace, tag_id: UUID | str, kind: str | None = None) -> Tag:
    tags = Tag.objects.filter(workspace=workspace)
    return get_or_404(tags.filter(kind=kind) if kind else tags, tag_id, "The tag does not exist.")


def _too_many() -> InvalidParam:
    return InvalidParam(f"At most {MAX_TAGS} tags fit on one.", params="tags")


def _record(workspace: Workspace, user: User | None, action: str, tag_id: UUID, **data: object) -> None:
    audit.record(workspace=workspace, user=user, action=action, object_type="tag", object_id=tag_id, data=data)
