"""The publish menu and the version history."""

import html
import re

import pytest
from django.test import Client

from apps.prompts.diffing import compare, compare_lines
from apps.prompts.models import App
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.choices import Role
from apps.workspaces.models import User
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_user, make_workspace

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text_of(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def browser(workspace) -> Client:
    return signed_in(User.objects.get())


@pytest.fixture
def app(workspace) -> App:
    """Version 1 is published, version 2 the draft."""
    app = make_app(workspace)
    save_draft(app=app, config={"pre_prompt": "Be long.\nAnd kind."}, user=User.objects.get())
    app.refresh_from_db()
    return app


# --- what differs ---


def changes(before, after) -> dict[str, list]:
    return {section.title: list(section.changes) for section in compare(before, after)}


def test_texts_are_compared_line_by_line():
    found = changes({"pre_prompt": "One\nTwo\nThree"}, {"pre_prompt": "One\n2\nThree"})
    [change] = found["Prompt"]
    assert [(line.kind, line.text) for line in change.lines] == [
        ("kept", "One"),
        ("removed", "Two"),
        ("added", "2"),
        ("kept", "Three"),
    ]


def test_lines_far_from_a_change_are_left_out():
    text = "\n".join(map(str, range(40)))
    lines = compare_lines(text, text.replace("20", "twenty"))
    assert [line.kind for line in lines] == ["skipped", *["kept"] * 3, "removed", "added", *["kept"] * 3, "skipped"]


def test_long_texts_are_compared_at_once():
    before, after = "\n".join(f"a{n}" for n in range(20_000)), "\n".join(f"b{n}" for n in range(20_000))
    assert len(compare_lines(f"Same\n{before}", f"Same\n{after}")) == 40_001


def test_fields_are_compared_by_name():
    def form(*fields):
        return {"user_input_form": [{kind: {"variable": name, **more}} for kind, name, more in fields]}

    before = form(("text-input", "city", {"label": "City", "required": True}), ("number", "age", {"label": "Age"}))
    after = form(("number", "age", {"label": "Age"}), ("paragraph", "city", {"label": "Town", "required": True}))
    assert [(change.label, change.before, change.after) for change in changes(before, after)["Variables"]] == [
        ("city", "text-input", "paragraph"),
        ("city › label", "City", "Town"),
    ]
    assert changes(before, form(*[("number", "age", {"label": "Age"})]))["Variables"][0].kind == "removed"


def test_model_knowledge_and_features_have_sections_of_their_own():
    dataset = {"dataset": {"id": "0193a0a0-0000-7000-8000-000000000001", "enabled": True}}
    before = {"model": {"provider": "demo", "name": "a", "completion_params": {"temperature": 0.2}}}
    after = {
        "model": {"provider": "demo", "name": "b", "completion_params": {"temperature": 1}},
        "dataset_configs": {"datasets": {"datasets": [dataset]}},
        "speech_to_text": {"enabled": True},
        "opening_statement": "",
    }
    found = changes(before, after)
    assert list(found) == ["Model", "Knowledge", "Features"]
    assert [change.label for change in found["Model"]] == ["Name", "Parameter › temperature"]
    assert [(change.label, change.after) for change in found["Features"]] == [("Speech to text › on", "yes")]
    assert compare(after, after) == []


def test_nodes_of_a_graph_are_compared_by_their_id():
    start, ask = (
        {"id": id, "data": {"type": id, "title": title}} for id, title in (("start", "Start"), ("llm", "Ask"))
    )
    thinks = {"id": "llm", "data": {"type": "llm", "title": "Think"}, "position": {"x": 5}}
    before, after = {"graph": {"nodes": [start, ask]}}, {"graph": {"nodes": [thinks, start]}}
    assert [change.label for change in changes(before, after)["Workflow"]] == ["Think › title"]


@pytest.mark.parametrize(
    "odd", [{"user_input_form": 5}, {"chat_prompt_config": [1]}, {"model": "x"}, {"pre_prompt": {}}]
)
def test_configurations_of_elsewhere_are_compared_too(odd):
    compare({}, odd)
    compare(odd, {"pre_prompt": "x"})


# --- the publish menu ---


def test_the_menu_says_how_draft_and_published_version_stand(browser, app):
    said = text_of(browser.get(f"/apps/{app.pk}/publishing", headers={"HX-Request": "true"}))
    assert "Version 1 is published" in said
    assert "The draft differs" in said
    assert "Run app" in said


def test_the_draft_is_published_with_a_note(browser, app):
    address = f"/apps/{app.pk}/publishing"
    answer = browser.post(address, {"note": "Kinder"}, headers={"HX-Request": "true"})
    assert "Version 2 is published." in answer.headers["HX-Trigger"]
    assert "by owner@example.org" in text_of(answer)
    assert "The draft is what is published." in text_of(answer)
    app.refresh_from_db()
    assert app.published is not None
    assert (app.published.number, app.published.note) == (2, "Kinder")
    assert browser.post(address, {"note": "x" * 256}).status_code == 422


def test_a_faulty_draft_is_listed_and_not_published(browser, workspace):
    app = make_app(workspace, {"dataset_configs": {"top_k": 99}}, published=False)
    address = f"/apps/{app.pk}/publishing"
    assert "disabled" in browser.get(address).content.decode()
    answer = browser.post(address)
    assert (answer.status_code, "top_k must be" in text_of(answer)) == (422, True)
    app.refresh_from_db()
    assert app.published is None


def test_reasons_are_said_where_something_is_not_possible(browser, workspace):
    app = make_app(workspace, published=False)
    said = text_of(browser.get(f"/apps/{app.pk}/publishing"))
    assert "Publish the app first." in said
    assert "Nothing is published yet." in said


# --- the history ---


def test_the_history_lists_versions_newest_first(browser, app, django_assert_num_queries):
    for number in range(3, 25):
        publish(app=app, version_id=save_draft(app=app, config={"pre_prompt": str(number)}).pk)
    first = text_of(browser.get(f"/apps/{app.pk}/versions"))
    assert first.index("Version 24") < first.index("Version 23")
    assert "Page 1 of 2" in first
    assert "Version 2 Restore" not in text_of(browser.get(f"/apps/{app.pk}/versions?show=published&page=2"))
    assert "Version 1 " in text_of(browser.get(f"/apps/{app.pk}/versions?show=published&page=2"))
    with django_assert_num_queries(8):
        browser.get(f"/apps/{app.pk}/versions")


def test_a_version_is_compared_with_the_published_one_or_any_other(browser, app):
    page = browser.get(f"/apps/{app.pk}/versions/2")
    assert "removed: Be brief." in text_of(page)
    assert "added: And kind." in text_of(page)
    save_draft(app=app, config={"pre_prompt": "Be long.\nAnd polite."})
    assert "added: And polite." in text_of(browser.get(f"/apps/{app.pk}/versions/3?against=2"))
    assert "This is" not in text_of(page)
    assert browser.get(f"/apps/{app.pk}/versions/99").status_code == 404
    assert browser.get(f"/apps/{app.pk}/versions/{2**40}").status_code == 404
    assert browser.get(f"/apps/{app.pk}/versions/2?against=99").status_code == 404
    assert browser.get(f"/apps/{app.pk}/versions/2?against=x").status_code == 200


def test_the_only_version_says_so(browser, workspace):
    app = make_app(workspace, published=False)
    assert "This is the only version" in text_of(browser.get(f"/apps/{app.pk}/versions/1"))


def test_a_version_becomes_the_draft_again(browser, app):
    browser.post(f"/apps/{app.pk}/versions/1/restore")
    app.refresh_from_db()
    assert app.draft is not None
    assert (app.draft.number, app.draft.config["pre_prompt"]) == (3, "Be brief.")
    assert app.draft.created_by == User.objects.get()


def test_what_is_published_is_rolled_back(browser, app):
    publish(app=app)
    browser.post(f"/apps/{app.pk}/versions/1/publish")
    app.refresh_from_db()
    assert app.published is not None
    assert app.published.number == 1


def test_a_draft_of_the_past_is_not_published_at_once(browser, app):
    save_draft(app=app, config={"pre_prompt": "Three."})
    assert browser.post(f"/apps/{app.pk}/versions/2/publish").status_code == 404


def test_what_teams_write_is_text(browser, app):
    save_draft(app=app, config={"pre_prompt": "<script>alert(1)</script>"}, note="<i>note</i>")
    for path in ("versions", "versions/3"):
        page = browser.get(f"/apps/{app.pk}/{path}").content.decode()
        assert "<script>alert" not in page
        assert "<i>note" not in page


@pytest.mark.parametrize("path", ["publishing", "versions", "versions/1"])
def test_makers_of_the_workspaces_apps_alone_see_it(app, path):
    member = make_user("member@example.org")
    add_member(workspace=app.workspace, user=member, role=Role.NORMAL)
    stranger = make_workspace("Other", "other@example.org").memberships.get().user
    assert signed_in(member).get(f"/apps/{app.pk}/{path}").status_code == 403
    assert signed_in(stranger).get(f"/apps/{app.pk}/{path}").status_code == 404
