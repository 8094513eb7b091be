"""A newcomer's first steps, and the operators' system page, in a browser."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.workspaces.models import Installation, User
from tests.factories import make_app, make_workspace

from .axe import violations
from .conftest import Chromium, aside

pytestmark = pytest.mark.browser


def sign_in_first_owner() -> dict[str, str]:
    Installation.objects.create()
    workspace = make_workspace()
    make_app(workspace)
    User.objects.update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(workspace.memberships.get().user)
    return {"sessionid": client.cookies["sessionid"].value}


def test_first_steps_and_the_system_page(chromium: Chromium):
    with chromium.page(cookies=aside(sign_in_first_owner)) as page:
        page.goto("/apps")
        steps = page.locator("#first-steps")
        expect(steps).to_contain_text("2 of 5 done")
        assert violations(page, "#main") == []
        page.get_by_role("button", name="Hide these steps").press("Enter")
        expect(steps).to_have_count(0)
        page.reload()
        expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
        expect(steps).to_have_count(0)
        page.goto("/operator/system")
        for section in page.locator("summary").all():
            section.click()
        assert violations(page) == []
