"""Tags of apps and knowledge bases."""

from uuid import uuid4

import pytest

from apps.common.errors import InvalidParam, NotFound
from apps.workspaces.errors import TagNameTaken
from apps.workspaces.models import AuditEvent, Tag, TagBinding
from apps.workspaces.selectors import list_tagged, list_tags, list_tags_of
from apps.workspaces.services import tags
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


def create(workspace, name="Sales", kind="app"):
    return tags.create_tag(workspace=workspace, kind=kind, name=name)


def test_names_are_unique_per_kind_and_workspace_whatever_their_case(workspace):
    create(workspace)
    with pytest.raises(TagNameTaken):
        create(workspace, "sALES")
    create(workspace, "Sales", "knowledge")
    create(make_workspace("B", "b@example.org"))
    other = create(workspace, "Legal")
    with pytest.raises(TagNameTaken):
        tags.rename_tag(workspace=workspace, tag_id=other.pk, name="sales")
    assert tags.rename_tag(workspace=workspace, tag_id=other.pk, name="LEGAL").name == "LEGAL"
    assert Tag.objects.count() == 4


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 51])
def test_a_name_has_1_to_50_characters(workspace, name):
    with pytest.raises(InvalidParam):
        create(workspace, name)
    assert create(workspace, "ü" * 50).name == "ü" * 50


def test_an_unknown_kind_is_refused(workspace):
    with pytest.raises(InvalidParam):
        create(workspace, kind="poem")


def test_binding_counts_and_unbinding(workspace):
    sales, legal = create(workspace), create(workspace, "Legal")
    one, two = uuid4(), uuid4()
    tags.bind_tags(workspace=workspace, kind="app", tag_ids=[sales.pk, str(legal.pk)], target_id=one)
    tags.bind_tags(workspace=workspace, kind="app", tag_ids=[sales.pk, sales.pk], target_id=two)
    assert [(tag.name, tag.binding_count) for tag in list_tags(workspace=workspace, kind="app")] == [
        ("Legal", 1),
        ("Sales", 2),
    ]
    assert set(list_tagged(workspace=workspace, tag_ids=[sales.pk])) == {one, two}
    assert list_tags_of(workspace=workspace, target_ids=[one, two]) == {one: [legal, sales], two: [sales]}
    tags.unbind_tags(workspace=workspace, tag_ids=[sales.pk], target_id=one)
    assert list_tags_of(workspace=workspace, target_ids=[one]) == {one: [legal]}
    tags.delete_tag(workspace=workspace, tag_id=sales.pk)
    assert TagBinding.objects.count() == 1
    assert AuditEvent.objects.filter(action="tag.delete").exists()


def test_setting_names_makes_tags_and_takes_others_off(workspace):
    target = uuid4()
    create(workspace)
    tags.set_tags(workspace=workspace, kind="app", names=["SALES", " New  one ", "new one"], target_id=target)
    assert [tag.name for tag in list_tags_of(workspace=workspace, target_ids=[target])[target]] == ["new one", "Sales"]
    tags.set_tags(workspace=workspace, kind="app", names=[], target_id=target)
    assert list_tags_of(workspace=workspace, target_ids=[target]) == {}
    with pytest.raises(InvalidParam, match="At most 30"):
        tags.set_tags(workspace=workspace, kind="app", names=[f"t{n}" for n in range(31)], target_id=target)
    assert Tag.objects.count() == 2


def test_another_workspaces_tags_and_those_of_another_kind_are_not_found(workspace):
    foreign = create(make_workspace("B", "b@example.org"))
    knowledge = create(workspace, "Docs", "knowledge")
    for tag_id in (foreign.pk, knowledge.pk, uuid4(), "nonsense"):
        with pytest.raises(NotFound):
            tags.bind_tags(workspace=workspace, kind="app", tag_ids=[tag_id], target_id=uuid4())
    for tag_id in (foreign.pk, "nonsense"):
        with pytest.raises(NotFound):
            tags.rename_tag(workspace=workspace, tag_id=tag_id, name="x")
        with pytest.raises(NotFound):
            tags.delete_tag(workspace=workspace, tag_id=tag_id)
    assert not TagBinding.objects.exists()
