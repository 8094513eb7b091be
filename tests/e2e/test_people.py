"""A person's way through a workspace: invited, joined, at work, removed; and the pages' accessibility."""

import re

import pytest
from playwright.sync_api import expect

from apps.workspaces.models import Installation
from tests.factories import make_workspace

from .axe import violations
from .conftest import Chromium, aside
from .test_console import session_of

pytestmark = pytest.mark.browser


def owner() -> dict[str, str]:
    Installation.objects.create()
    return session_of(make_workspace().memberships.get().user)


def test_wsp_03_05_invited_joined_removed(chromium: Chromium):
    with chromium.page(aside(owner)) as boss, chromium.page() as guest:
        boss.goto("/settings/members")
        boss.get_by_label("E-mail addresses").fill("cleo@example.org")
        boss.get_by_label("Role", exact=True).select_option("editor")
        boss.get_by_role("button", name="Invite").click()
        link = boss.get_by_label("Link for cleo@example.org").input_value()
        assert violations(boss) == []

        guest.goto(link)
        expect(guest.get_by_role("heading", name="Join Acme")).to_be_visible()
        assert violations(guest) == []
        guest.get_by_label("Your name").fill("Cleo Cat")
        guest.get_by_label("Password").fill("correct horse 7")
        guest.get_by_label("Time zone").fill("Europe/Oslo")
        guest.get_by_role("button", name="Join").click()
        expect(guest.get_by_role("link", name="Create").first).to_be_visible()

        boss.reload()
        boss.get_by_role("button", name="Remove cleo@example.org").click()
        boss.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(boss.get_by_text("locked out from now on")).to_be_visible()
        guest.reload()
        expect(guest.get_by_text("not a member of any workspace")).to_be_visible()
        chromium.complaints.clear()  # the browser itself reports the 403

        guest.goto(link)
        expect(guest.get_by_role("heading", name="not valid")).to_be_visible()
        chromium.complaints.clear()


def test_a_person_chooses_a_language(chromium: Chromium):
    with chromium.page(aside(owner)) as page:
        page.goto("/settings/account")
        page.get_by_label("Language").select_option("ja")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("html")).to_have_attribute("lang", re.compile("ja"))
