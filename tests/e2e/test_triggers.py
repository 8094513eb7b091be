"""The triggers of a workflow, as a builder uses them."""

import re

import pytest
from playwright.sync_api import expect

from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app
from tests.workflows.flows import flow, node

from .conftest import Chromium
from .test_console import owner_with

pytestmark = pytest.mark.browser


def hooked(workspace: Workspace) -> App:
    hook = node("hook", "trigger-webhook", method="post", body=[{"name": "id", "type": "string", "required": True}])
    end = node("end", "end", outputs=[{"variable": "got", "value_selector": ["hook", "id"]}])
    return make_app(workspace, flow([hook, end], "hook -> end"), mode="workflow")


def test_wf_26_a_webhook_is_tried_signed_and_switched_off_by_keyboard(chromium: Chromium):
    cookies, app = owner_with(hooked)
    with chromium.page(cookies) as page:
        page.goto(f"/apps/{app.pk}/triggers")
        page.get_by_text("Send a test").press("Enter")
        page.get_by_label("Body").fill('{"id": "seven"}')
        page.get_by_role("button", name="Run the draft with it").press("Enter")
        expect(page.get_by_text('"got": "seven"')).to_be_visible()
        page.get_by_label("Body").fill("{}")
        page.get_by_role("button", name="Run the draft with it").press("Enter")
        expect(page.get_by_text("id is missing.")).to_be_visible()
        page.get_by_role("button", name="Make a secret").press("Enter")
        expect(page.get_by_label("New secret", exact=True)).to_have_value(re.compile("^whsec_"))
        page.get_by_role("switch", name="Hook").press("Enter")
        expect(page.get_by_role("switch", name="Hook")).to_have_attribute("aria-checked", "false")
        expect(page.get_by_text("Requests must be signed.")).to_be_visible()
