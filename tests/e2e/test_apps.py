"""Managing apps as a builder does: from a template to a public address, and away again."""

import re

import pytest
from playwright.sync_api import expect

from apps.prompts.models import App
from tests.factories import make_app

from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser


def test_from_a_template_to_a_public_page_a_key_and_away(chromium: Chromium):
    cookies, _ = owner_with(make_app)
    with chromium.page(cookies, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/apps")
        page.get_by_role("link", name="Create", exact=True).click()
        page.get_by_role("button", name="Customize Travel planner").click()
        expect(page.get_by_role("status").first).to_have_text("The app is there.")
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("status").first).to_have_text("Version 1 is published.")
        expect(page.get_by_role("button", name="Publish")).to_have_count(0)

        address = page.get_by_label("Address of the page").input_value()
        page.get_by_role("button", name="Copy address").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == address
        page.locator("summary", has_text="New address").press("Enter")
        page.get_by_role("button", name="Replace the address").click()
        expect(page.get_by_label("Address of the page")).not_to_have_value(address)

        site = page.get_by_role("switch", name="Web page")
        expect(site).to_have_attribute("aria-checked", "true")
        site.press("Space")
        expect(site).to_have_attribute("aria-checked", "false")
        expect(page.get_by_role("link", name="Launch")).to_have_count(0)

        page.get_by_role("link", name="Keys and reference").click()
        page.get_by_role("button", name="Create key").click()
        expect(page.get_by_label("New key")).to_have_value(re.compile(r"^app-\w{24}$"))
        page.locator("summary", has_text="Revoke").click()
        page.get_by_role("button", name="Revoke for ever").click()
        expect(page.get_by_text("No keys yet.")).to_be_visible()

        page.get_by_role("link", name="Overview").click()
        page.get_by_label("More for this app").click()
        page.get_by_role("link", name="Delete").click()
        page.get_by_label("The app's name").fill("Travel")
        page.get_by_role("button", name="Delete for ever").click()
        expect(page.get_by_text("Nothing was deleted.")).to_be_visible()
        chromium.complaints.clear()  # the browser itself reports the 400
        page.get_by_label("The app's name").fill("Travel planner")
        page.get_by_role("button", name="Delete for ever").click()
        expect(page.get_by_role("status").first).to_have_text("Travel planner was deleted.")
        expect(page.get_by_role("link", name="Helper")).to_be_visible()
    assert aside(lambda: list(App.objects.values_list("name", flat=True))) == ["Helper"]


def test_on_a_phone_every_page_fits_and_a_card_s_menu_opens(chromium: Chromium):
    cookies, app = owner_with(make_app)
    with chromium.page(cookies, **PHONE) as page:
        for path in ("", "/new", "/tags", *(f"/{app.pk}{part}" for part in ("", "/edit", "/page", "/delete"))):
            page.goto(f"/apps{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= screen.width"), path
        page.goto("/apps")
        page.get_by_label("More for Helper").tap()
        page.get_by_role("button", name="Duplicate").tap()
        expect(page.get_by_role("heading", name="Helper copy")).to_be_visible()


def test_without_script_everything_still_works(chromium: Chromium):
    cookies, app = owner_with(make_app)
    with chromium.page(cookies, java_script_enabled=False) as page:
        page.goto(f"/apps/{app.pk}")
        expect(page.get_by_role("button", name="Copy address")).to_have_count(0)
        page.get_by_role("switch", name="API").click()
        expect(page.get_by_role("switch", name="API")).to_have_attribute("aria-checked", "false")
        page.get_by_role("link", name="Page settings").click()
        page.get_by_label("Title").fill("Help desk")
        page.get_by_label("Sites that may embed it").fill("https://example.org")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Its title is “Help desk”")).to_contain_text("One site may embed it.")
