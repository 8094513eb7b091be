"""Every page of the console, of its web apps and of the operators: sound on a desk in light and on a phone in the dark.

With PICTURES=FOLDER each is also drawn there, for the tour of the documentation (`make pictures`).
"""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from playwright.sync_api import Page, expect

from .axe import SCRIPT, violations
from .conftest import Chromium, aside
from .test_console import PHONE
from .world import furnish

ROOT: Final = Path(__file__).resolve().parents[2]
DESK: Final = {"viewport": {"width": 1440, "height": 900}}
TOUR: Final = ROOT / "docs" / "tour.md"


@dataclass(frozen=True)
class Shown:
    """A page: what its picture is called, and where it is, with names of `furnish` in braces.

    Args:
        part: a selector of what comes late and belongs to the page.
        is_public: a visitor sees it.
    """

    name: str
    path: str
    part: str = "h1"
    is_public: bool = False


APP, BASE = "apps/{app}", "knowledge/{base}"
DOCUMENT = BASE + "/documents/{document}"
PAGES: Final = [
    Shown("sign-in", "signin", is_public=True),
    Shown("forgot-password", "forgot", is_public=True),
    Shown("invitation", "invitations/{invitation}", is_public=True),
    Shown("apps", "apps"),
    Shown("explore", "explore"),
    Shown("template", "explore/translator"),
    Shown("new-app", "apps/new"),
    Shown("app-tags", "apps/tags"),
    Shown("orchestrate", f"{APP}/orchestrate", "#debug textarea"),
    Shown("canvas", "apps/{flow}/canvas", "#canvas[data-ready] .react-flow__node, #list .list-open"),
    Shown("versions", f"{APP}/versions"),
    Shown("version", f"{APP}/versions/2"),
    Shown("app-api", f"{APP}/api"),
    Shown("logs", f"{APP}/logs"),
    Shown("log-entry", f"{APP}/logs/{{entry}}"),
    Shown("log-export", f"{APP}/logs/export"),
    Shown("improve-answer", f"{APP}/messages/{{message}}/annotation"),
    Shown("overview", APP, "canvas"),
    Shown("runs", "apps/{flow}/runs"),
    Shown("triggers", "apps/{triggered}/triggers"),
    Shown("run", "apps/{flow}/runs/{run}"),
    Shown("app-settings", f"{APP}/edit"),
    Shown("web-page-settings", f"{APP}/page"),
    Shown("save-template", f"{APP}/template"),
    Shown("delete-app", f"{APP}/delete"),
    Shown("chat-in-console", f"{APP}/chat", "chat-pane .chat-log"),
    Shown("chat-page", "chat/{site}", "chat-pane .chat-log", is_public=True),
    Shown("chat-bubble", "chatbot/{site}", "chat-pane .chat-log", is_public=True),
    Shown("generator-page", "completion/{letters}", is_public=True),
    Shown("workflow-page", "workflow/{flow_site}", is_public=True),
    Shown("form-page", "form/{form}", is_public=True),
    Shown("knowledge", "knowledge"),
    Shown("new-knowledge", "knowledge/new"),
    Shown("empty-base", "knowledge/empty"),
    Shown("external-bases", "knowledge/external"),
    Shown("knowledge-tags", "knowledge/tags"),
    Shown("documents", f"{BASE}/documents"),
    Shown("add-documents", f"{BASE}/add"),
    Shown("batch", f"{BASE}/batches/{{batch}}"),
    Shown("segments", DOCUMENT),
    Shown("segment", f"{DOCUMENT}/segments/{{segment}}"),
    Shown("child-chunks", f"{DOCUMENT}/segments/{{segment}}/chunks"),
    Shown("child-chunk", f"{DOCUMENT}/segments/{{segment}}/chunks/{{chunk}}"),
    Shown("add-segment", f"{DOCUMENT}/segments/add"),
    Shown("segments-file", f"{DOCUMENT}/segments/file"),
    Shown("document-settings", f"{DOCUMENT}/settings"),
    Shown("rename-document", f"{DOCUMENT}/rename"),
    Shown("hit-testing", f"{BASE}/hit-testing"),
    Shown("base-settings", f"{BASE}/settings"),
    Shown("base-metadata", f"{BASE}/metadata"),
    Shown("base-api", f"{BASE}/api"),
    Shown("delete-base", f"{BASE}/delete"),
    Shown("data-sources", "data-sources"),
    Shown("model-providers", "settings/models"),
    Shown("model-provider", "settings/models/openai_api_compatible"),
    Shown("add-model", "settings/models/openai_api_compatible/add"),
    Shown("own-model", "settings/models/own/{model}"),
    Shown("remove-provider", "settings/models/openai_api_compatible/remove"),
    Shown("add-key", "settings/models/openai_api_compatible/keys/add"),
    Shown("model-key", "settings/models/keys/{key}"),
    Shown("remove-key", "settings/models/keys/{key}/remove"),
    Shown("model-price", "settings/models/openai_api_compatible/price?type=llm&name=quick-model"),
    Shown("fallback-models", "settings/models/fallbacks"),
    Shown("budgets", "settings/budgets"),
    Shown("new-budget", "settings/budgets/add"),
    Shown("budget", "settings/budgets/{budget}"),
    Shown("remove-budget", "settings/budgets/{budget}/remove"),
    Shown("usage", "settings/usage"),
    Shown("account", "settings/account"),
    Shown("workspace", "settings/workspace"),
    Shown("new-workspace", "settings/workspace/new"),
    Shown("transfer-workspace", "settings/workspace/transfer"),
    Shown("archive-workspace", "settings/workspace/archive"),
    Shown("members", "settings/members"),
    Shown("audit", "settings/audit"),
    Shown("operators", "operator/"),
    Shown("operators-apps", "operator/prompts/app/"),
    Shown("operators-app", "operator/prompts/app/{app}/change/"),
    Shown("operators-system", "operator/system"),
]
INSTALL: Final = Shown("install", "install", is_public=True)  # closed as soon as there is a workspace
# Parts of pages, files and answers for scripts, and steps that tests of their own come through.
OTHERS: Final = frozenset(
    """
    health
    find
    reset/<str:user_id>/<str:token>
    files/<uuid:upload_id>/file-preview
    apps/<uuid:app_id>/draft
    apps/<uuid:app_id>/debug/runs
    apps/<uuid:app_id>/debug/runs/<uuid:run_id>
    apps/<uuid:app_id>/export
    apps/<uuid:app_id>/publishing
    apps/<uuid:app_id>/qr.svg
    apps/<uuid:app_id>/statistics
    apps/<uuid:app_id>/debug/messages/<uuid:message_id>/prompt
    apps/<uuid:app_id>/debug/messages/<uuid:message_id>/suggestions
    apps/<uuid:app_id>/messages/<uuid:message_id>/rating
    apps/<uuid:app_id>/logs/export.csv
    apps/<uuid:app_id>/logs/export.jsonl
    apps/<uuid:app_id>/runs/<uuid:run_id>/values/<uuid:value_id>
    apps/<uuid:app_id>/triggers/addresses
    apps/<uuid:app_id>/triggers/times
    apps/<uuid:app_id>/values
    data-sources/<str:source>/authorize
    data-sources/<str:source>/callback
    console/api/oauth/data-source/callback/<str:source>
    knowledge/picker
    knowledge/new/from/<uuid:connection_id>
    knowledge/new/look
    knowledge/new/crawl
    knowledge/new/process
    knowledge/<uuid:dataset_id>/index-change
    knowledge/<uuid:dataset_id>/documents/progress
    knowledge/<uuid:dataset_id>/documents/metadata
    knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/file
    knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/priority
    knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/template
    """.split()
)


def draw(page: Page, file: Path) -> None:
    picture = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 55})
    file.write_bytes(base64.b64decode(picture["data"]))


def look(page: Page, shown: Shown, names: dict[str, object], suffix: str) -> list[str]:
    page.goto(f"/{shown.path.format(**names)}")
    expect(page.locator(shown.part).first).to_be_attached()
    if folder := os.environ.get("PICTURES"):
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)  # what is drawn fades in
        draw(page, Path(folder) / f"{shown.name}{suffix}.webp")
    problems = violations(page)
    headings = page.locator("h1").count()
    if headings != 1:
        problems.append(f"{headings} headings of the first level")
    if not page.evaluate("document.documentElement.scrollWidth <= screen.width"):
        problems.append("wider than the window")
    return [f"{shown.name}: {problem}" for problem in problems]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("options", "suffix"), [(DESK, ""), ({**PHONE, "color_scheme": "dark"}, "-phone")], ids=["desk", "phone"]
)
def test_every_page_is_sound(chromium: Chromium, upstream, options: dict[str, Any], suffix: str):
    with chromium.page(**options) as page:
        problems = look(page, INSTALL, {}, suffix)
    cookies, names = aside(lambda: furnish(upstream.base_url))
    for is_public in (True, False):
        with chromium.page({} if is_public else cookies, **options) as page:
            page.add_init_script(SCRIPT)  # half a megabyte, told once
            for shown in PAGES:
                if shown.is_public == is_public:
                    problems += look(page, shown, names, suffix)
    assert not problems, "\n".join(problems)


def test_no_page_is_left_out():
    routes = yaml.safe_load((ROOT / "tests" / "role_matrix.yaml").read_text())["routes"]
    read = {
        route
        for route, methods in routes.items()
        if "GET" in methods and not route.startswith(("v1/", "api/", "triggers/"))
    }
    shown = [page.path.partition("?")[0] for page in [INSTALL, *PAGES]]
    missed = {
        route
        for route in read
        if route and not any(re.fullmatch(re.sub("<[^>]+>", "[^/]+", route), path) for path in shown)
    }
    assert missed == OTHERS


def test_the_tour_has_every_picture():
    drawn = {f"{page.name}{suffix}.webp" for page in [INSTALL, *PAGES] for suffix in ("", "-phone")}
    assert set(re.findall(r"pictures/([\w-]+\.webp)", TOUR.read_text())) == drawn
    assert {file.name for file in (TOUR.parent / "pictures").iterdir()} == drawn
