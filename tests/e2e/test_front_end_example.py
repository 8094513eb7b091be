"""EMB-04: the example of a front end of one's own (docs/examples/frontend), run against the API as its reader would."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from apps.logs.models import Conversation
from tests.docs.pages import ROOT
from tests.factories import make_app, make_key, make_workspace

from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
FIELD = {"text-input": {"variable": "city", "label": "City", "required": False, "max_length": 48}}


@pytest.fixture
def front_end(server) -> Iterator[str]:
    """The example of docs/examples/frontend, running with a key of a chat app."""
    key = aside(lambda: make_key(make_app(make_workspace(), {"pre_prompt": "Be brief.", "user_input_form": [FIELD]})))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {"API_URL": f"{server.url}/v1", "API_KEY": key, "PORT": str(port), "APP_TITLE": "Travel desk"}
    process = subprocess.Popen(
        [sys.executable, ROOT / "docs/examples/frontend/server.py"],
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    yield url
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_emb_04_the_example_front_end_asks_the_api(chromium: Chromium, front_end: str):
    with chromium.page() as page:
        page.goto(front_end)
        expect(page).to_have_title("Travel desk")
        page.get_by_label("City").fill("Oslo")
        for question in ("what does a night cost", "and two nights"):
            page.get_by_label("Your question").fill(question)
            page.get_by_role("button", name="Send").click()
            expect(page.locator(".answer").last).to_contain_text(f"You wrote: {question}")
        conversation = aside(Conversation.objects.get)
        assert conversation.inputs == {"city": "Oslo"}
        assert conversation.invoke_from == "service-api"


def test_emb_04_what_is_wrong_with_a_question_is_told(chromium: Chromium, front_end: str):
    with chromium.page() as page:
        page.goto(front_end)
        page.get_by_label("City").fill("x" * 80)
        page.get_by_label("Your question").fill("what does a night cost")
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".answer")).to_contain_text("city in input form must be less than 48 characters")
        chromium.complaints.clear()  # the browser itself reports the 400
