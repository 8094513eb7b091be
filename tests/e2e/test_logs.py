"""An app's log, figures and API reference as a builder uses them."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from apps.logs.models import Annotation
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import api_user, make_app, make_conversation, make_message

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser
SENT = [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "What may a hotel cost?"}]


def app_with_log(workspace: Workspace) -> App:
    app = make_app(workspace)
    caller = api_user(app)
    for name in ("Trains", "Hotels"):
        conversation = make_conversation(app, caller, name=name)
        answer = "At most **210** euros." if name == "Hotels" else "They run."
        make_message(app, caller, conversation, query=f"{name}?", answer=answer, prompt=SENT, prompt_tokens=30)
    return app


def rows(page: Page):
    return page.locator("[data-entry]")


def test_log_03_04_07_open_read_rate_improve_export(chromium: Chromium):
    cookies, app = owner_with(app_with_log)
    with chromium.page(cookies) as page:
        page.goto(f"/apps/{app.pk}/logs")
        expect(rows(page)).to_have_text(["Hotels", "Trains"])
        assert violations(page) == []
        page.get_by_role("searchbox").fill("210")
        expect(rows(page)).to_have_text(["Hotels"])
        page.get_by_role("searchbox").fill("")
        expect(rows(page)).to_have_count(2)

        page.get_by_role("searchbox").press("Tab")
        page.keyboard.press("Escape")
        rows(page).first.press("Enter")
        drawer = page.get_by_role("dialog", name="Hotels")
        expect(drawer.locator("markdown-text strong")).to_have_text("210")
        page.keyboard.press("j")
        expect(page.get_by_role("dialog", name="Trains")).to_be_visible()
        page.keyboard.press("k")
        expect(drawer.locator("markdown-text strong")).to_have_text("210")
        drawer.get_by_text("Prompt log").click()
        expect(drawer.locator(".prompt-log")).to_contain_text("Be brief.")

        drawer.get_by_role("button", name="Bad answer").click()
        expect(drawer.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
        drawer.get_by_role("link", name="Improve the answer").click()
        drawer.get_by_label("The answer that should have been given").fill("At most 120 euros, says the *policy*.")
        assert violations(page) == []
        drawer.get_by_role("button", name="Save").click()
        expect(drawer.locator(".improved em")).to_have_text("policy")
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(rows(page).first).to_be_focused()

        page.get_by_role("link", name="Export").click()
        page.get_by_role("radio", name="Improved ones alone").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download JSONL").click()
        (line,) = download.value.path().read_text().splitlines()
        assert json.loads(line)["messages"][-1]["content"] == "At most 120 euros, says the *policy*."
        page.keyboard.press("Escape")

        rows(page).first.click()
        drawer.get_by_role("button", name="Remove").click()
        page.get_by_role("dialog").last.get_by_role("button", name="Remove").click()
        expect(drawer.locator(".improved")).to_have_count(0)
    assert aside(Annotation.objects.count) == 0


def test_figures_and_reference_on_desk_and_phone(chromium: Chromium):
    cookies, app = owner_with(app_with_log)
    with chromium.page(cookies) as page:
        page.goto(f"/apps/{app.pk}")
        chart = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Messages"))
        expect(chart.locator("canvas")).to_be_visible()
        expect(chart.locator(".sum strong")).to_have_text("2")
        assert violations(page) == []
        page.get_by_label("Period").select_option("today")
        expect(page.get_by_label("Period")).to_have_value("today")
        expect(chart.locator("canvas")).to_be_visible()
        chart.get_by_text("As a table").click()
        expect(chart.locator("tbody tr")).to_have_count(1)
        page.locator("summary", has_text="QR code").click()
        expect(page.get_by_role("img", name="QR code of the page")).to_be_visible()

        page.get_by_role("link", name="API access").click()
        expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Python").first.click()
        page.reload()
        expect(page.locator("[data-sample=python]").first).to_contain_text("import requests")
        expect(page.locator("[data-sample=curl]").first).to_be_hidden()
    with chromium.page(cookies, **PHONE) as page:
        for path in ("", "/api", "/logs"):
            page.goto(f"/apps/{app.pk}{path}")
            expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(app.name))
            assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
