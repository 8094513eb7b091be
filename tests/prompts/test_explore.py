"""The gallery of templates, and the ways to narrow the list of apps."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from apps.prompts.models import App
from apps.prompts.services.apps import create_app
from apps.prompts.services.templates import save_as_template
from apps.workspaces.models import Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def browser(workspace: Workspace) -> Client:
    browser = Client()
    browser.force_login(workspace.memberships.get().user)
    return browser


def text_of(response: object) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def main_of(browser: Client, path: str) -> str:
    page = browser.get(path).content.decode()
    return page.partition('id="main"')[2]


def test_agt_10_web_15_templates_are_found_by_category_and_words(browser, workspace):
    save_as_template(app=make_app(workspace), name="Desk of ours", category="Support")
    page = main_of(browser, "/explore")
    assert all(name in page for name in ("Desk of ours", "Translator", "Ready made", "Your team"))
    page = main_of(browser, "/explore?category=Support")
    assert "Desk of ours" in page
    assert "Translator" not in page
    assert "1 template<" in main_of(browser, "/explore?q=TRANSLA")
    assert "No template is like this" in main_of(browser, "/explore?q=nothing-like-it")


def test_a_template_is_looked_at_and_added_under_another_name(browser, workspace):
    text = text_of(browser.get("/explore/translator"))
    assert "You are a translator" in text
    assert "target_language" in text or "language" in text
    look = {"name": "Dolmetscher", "icon": "🦜", "icon_background": "#aabbcc"}
    answer = browser.post("/explore/translator", {**look, "way": "customize"})
    app = App.objects.get()
    assert (app.name, app.icon, app.icon_background, app.published) == ("Dolmetscher", "🦜", "#aabbcc", None)
    assert answer.url == f"/apps/{app.pk}/orchestrate"
    browser.post("/explore/translator", {"name": "Now", "icon_background": "#aabbcc", "way": "use"})
    now = App.objects.get(name="Now")
    assert now.published
    assert now.icon == "🌍"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({"name": ""}, "This field is required"), ({"name": "A", "icon": "xy"}, "one emoji"),
     ({"name": "A", "icon_background": "red"}, "colour")],
)  # fmt: skip
def test_a_name_or_icon_that_is_none_is_refused_and_nothing_is_made(browser, fields, problem):
    answer = browser.post("/explore/translator", {"icon_background": "#aabbcc", **fields})
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert not App.objects.exists()


def test_another_teams_template_is_not_there(browser):
    template = save_as_template(app=make_app(make_workspace("Other", "eve@b.org")))
    assert browser.get(f"/explore/{template.pk}").status_code == 404
    assert browser.post(f"/explore/{template.pk}", {"name": "A"}).status_code == 404


def names(browser: Client, query: str) -> list[str]:
    return [app.name for app, _tags in browser.get(f"/apps?{query}").context["cards"]]


def test_the_list_is_narrowed_by_kind_and_maker_and_sorted(browser, workspace):
    owner = workspace.memberships.get().user
    ada = make_user("ada@a.org")
    add_member(workspace=workspace, user=ada, role="editor")
    for name, mode, maker in (("Beta", "chat", owner), ("Alpha", "completion", ada), ("Gamma", "chat", ada)):
        create_app(workspace=workspace, name=name, mode=mode, config={}, user=maker)
    assert names(browser, "") == ["Gamma", "Alpha", "Beta"]
    assert names(browser, "order=name") == ["Alpha", "Beta", "Gamma"]
    assert names(browser, "mode=chat&order=name") == ["Beta", "Gamma"]
    assert names(browser, "mine=1") == ["Beta"]
    assert names(browser, "mine=1&mode=completion") == []
    assert "No app is like this" in text_of(browser.get("/apps?mine=1&mode=completion"))
    assert names(browser, "mode=nonsense&order=nonsense") == ["Gamma", "Alpha", "Beta"]
    App.objects.filter(name="Beta").update(updated_at=timezone.now())
    assert names(browser, "order=changed")[0] == "Beta"


@pytest.mark.parametrize("query", ["", "q=app&mode=chat&order=name", "mine=1&order=changed"])
def test_the_list_takes_as_many_queries_for_many_apps_as_for_few(browser, workspace, query):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(f"/apps?{query}")
        return len(captured)

    owner = workspace.memberships.get().user
    for number in range(2):
        create_app(workspace=workspace, name=f"App {number}", mode="chat", config={}, user=owner)
    count()  # what is read once
    few = count()
    App.objects.bulk_create(
        App(workspace=workspace, name=f"App {number}", mode="chat", created_by=owner) for number in range(100)
    )
    assert count() == few <= 22


def test_one_entry_of_the_navigation_is_lit(browser):
    for path, entry in (
        ("/explore", "Explore"),
        ("/explore/translator", "Explore"),
        ("/apps", "Apps"),
        ("/apps/new", "Apps"),
    ):
        nav = browser.get(path).content.decode().split('<nav class="side"')[1].split("</nav>")[0]
        lit = [part for part in nav.split("<a ") if "aria-current" in part]
        assert [entry in part for part in lit] == [True], path
