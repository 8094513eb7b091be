"""The console as a person uses it, from installation to signing out."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Dialog, Page, WebSocketRoute, expect

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_document
from apps.prompts.models import App
from apps.workspaces.models import Installation, User, Workspace
from tests.factories import make_app, make_provider, make_workspace, upstream_config

from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
HANDBOOK = """Travel rules.

Flights longer than six hours may be booked in premium class.

Hotels in Oslo cost at most 210 euros a night, breakfast included.

Receipts are handed in within thirty days after the journey.
"""


def handbook_app() -> App:
    workspace = Workspace.objects.get()
    dataset = create_dataset(workspace=workspace, name="Handbook", indexing_technique="economy")
    document = create_document_from_text(dataset=dataset, name="travel-rules", text=HANDBOOK)
    run(index_document(document.pk))
    config = {
        "pre_prompt": "Answer from the context.",
        "opening_statement": "I know the **travel rules**.",
        "suggested_questions": ["What may a hotel in Oslo cost?"],
        "retriever_resource": {"enabled": True},
        "dataset_configs": {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": str(dataset.pk)}}]}},
    }
    return make_app(workspace, config)


def session_of(owner: User) -> dict[str, str]:
    client = Client()
    client.force_login(owner)
    return {"sessionid": client.cookies["sessionid"].value}


def owner_with(make: Callable[[Workspace], App]) -> tuple[dict[str, str], App]:
    """A signed-in owner's cookies and an app made by `make(workspace)`."""

    def work() -> tuple[dict[str, str], App]:
        Installation.objects.create()
        workspace = make_workspace()
        return session_of(workspace.memberships.get().user), make(workspace)

    return aside(work)


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name="Message").fill(question)
    page.keyboard.press("Enter")


def answer_of(page: Page, number: int = 0):
    return page.get_by_role("article", name="Answer").nth(number)


def test_from_installation_to_a_cited_answer_and_out_again(chromium: Chromium):
    with chromium.page() as page:
        page.goto("/")
        expect(page).to_have_url(re.compile("/install$"))
        page.get_by_label("Workspace").fill("Acme")
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").fill("correct horse 7")
        page.get_by_role("button", name="Create workspace").click()
        expect(page.get_by_role("heading", name="No apps yet")).to_be_visible()

        page.get_by_label("Account and workspace").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        chromium.complaints.clear()  # the browser itself reports the 401
        page.get_by_label("Password").fill("correct horse 7")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/apps$"))

        app = aside(handbook_app)
        page.reload()
        page.get_by_label(f"More for {app.name}").click()
        page.get_by_role("link", name="Open").click()
        expect(page.locator(".chat-start strong")).to_have_text("travel rules")
        page.get_by_role("button", name="What may a hotel in Oslo cost?").click()
        answer = answer_of(page)
        expect(answer.locator(".md")).to_contain_text("210 euros")
        expect(answer).to_contain_text(re.compile(r"\d+ tokens · \d+\.\d s"))
        expect(page.locator("chat-pane").get_by_role("status")).to_contain_text("Answer:")

        source = answer.locator(".cites details").first
        expect(source).to_contain_text("travel-rules")
        expect(source.locator(".passage")).to_be_hidden()
        source.locator("summary").press("Enter")
        expect(source.locator(".passage")).to_contain_text("at most 210 euros a night")

        ask(page, "When are receipts handed in?")
        expect(answer_of(page, 1).locator(".md")).to_contain_text("thirty days")

        page.get_by_role("button", name="Switch between light and dark").click()
        expect(page.locator("body")).to_have_css("background-color", "rgb(14, 19, 24)")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")

        page.get_by_label("Account and workspace").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto("/apps")
        expect(page).to_have_url(re.compile("/signin"))


def test_stop_keeps_what_was_written_and_the_conversation_goes_on(chromium: Chromium, upstream):
    def make(workspace: Workspace) -> App:
        make_provider(workspace, upstream.base_url, "gen-400-50")
        return make_app(workspace, upstream_config("gen-400-50"))

    cookies, app = owner_with(make)
    with chromium.page(cookies) as page:
        page.goto(f"/apps/{app.pk}/chat")
        ask(page, "Go on for ever")
        expect(answer_of(page).locator(".md")).not_to_be_empty()
        expect(page.get_by_role("status")).to_have_text("The answer is being written.")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_have_text("The answer was stopped.")
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        written = answer_of(page).locator(".md").inner_text()
        page.wait_for_timeout(300)
        assert answer_of(page).locator(".md").inner_text() == written


def test_a_cut_connection_is_resumed_without_losing_or_doubling_text(chromium: Chromium, upstream):
    def make(workspace: Workspace) -> App:
        make_provider(workspace, upstream.base_url, "gen-40-60")
        return make_app(workspace, upstream_config("gen-40-60"))

    cookies, app = owner_with(make)
    with chromium.page(cookies) as page:
        cuts: list[int] = []

        def forward(socket: WebSocketRoute) -> None:
            upstream_socket = socket.connect_to_server()

            def cut_after_ten(message: str | bytes) -> None:
                socket.send(message)
                if not cuts and "tok9" in str(message):
                    cuts.append(1)
                    socket.close(code=1012)
                    upstream_socket.close()

            upstream_socket.on_message(cut_after_ten)

        page.route_web_socket(re.compile("/ws/"), forward)
        page.goto(f"/apps/{app.pk}/chat")
        ask(page, "Count")
        expect(page.get_by_role("alert")).to_contain_text("Reconnecting")
        expect(page.get_by_role("status")).to_contain_text("Answer:", timeout=20_000)
        assert cuts
        expect(page.locator(".notice.warn")).to_be_hidden()
        words = answer_of(page).locator(".md").inner_text().split()
        assert words == list(dict.fromkeys(words))
        assert len(words) == 40


def test_an_upstream_failure_is_told_and_the_next_question_works(chromium: Chromium, upstream):
    def make(workspace: Workspace) -> App:
        make_provider(workspace, upstream.base_url, "fail-401")
        return make_app(workspace, upstream_config("fail-401"))

    cookies, app = owner_with(make)
    with chromium.page(cookies) as page:
        page.goto(f"/apps/{app.pk}/chat")
        ask(page, "Hello")
        expect(answer_of(page).locator(".notice.bad")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_enabled()


PAYLOAD = """<script>alert(1)</script> <img src=x onerror=alert(2)> **bold**

[a](javascript:alert(3)) [b](jav&#x09;ascript:alert(4)) [c](data:text/html,x) [good](https://example.org/page)

![remote](http://127.0.0.1:9/leak.png) ![slashes](//127.0.0.1:9/leak.png)

<svg onload=alert(5)><math><mtext><style>*{display:none}</style>

| a | b |
|---|---|
| 1 | <iframe srcdoc="<script>alert(6)</script>"> |
"""


def test_what_a_model_writes_is_never_more_than_text(chromium: Chromium, upstream):
    def make(workspace: Workspace) -> App:
        make_provider(workspace, upstream.base_url, "echo")
        return make_app(workspace, upstream_config("echo"))

    cookies, app = owner_with(make)
    with chromium.page(cookies) as page:
        dialogs: list[str] = []
        elsewhere: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.on(
            "request",
            lambda request: None if request.url.startswith(chromium.base_url) else elsewhere.append(request.url),
        )
        page.goto(f"/apps/{app.pk}/chat")
        page.get_by_role("textbox", name="Message").fill(PAYLOAD)
        page.keyboard.press("Enter")
        body = answer_of(page).locator(".md")
        expect(page.get_by_role("status")).to_contain_text("Answer:")
        expect(body.locator("table")).to_be_visible()
        for forbidden in ("script", "img", "svg", "iframe", "style", "math"):
            assert body.locator(forbidden).count() == 0, forbidden
        targets = body.locator("a").evaluate_all("links => links.map(link => link.href)")
        assert "https://example.org/page" in targets
        assert not [target for target in targets if re.match("(?i)javascript|data|vbscript", target)]
        good = body.get_by_role("link", name="good")
        assert good.get_attribute("rel") == "noopener noreferrer nofollow"
        assert dialogs == []
        assert elsewhere == []


def test_a_text_generator_on_a_phone(chromium: Chromium):
    form = [
        {"paragraph": {"variable": "text", "label": "Text", "required": True, "max_length": 200}},
        {"select": {"variable": "tone", "label": "Tone", "required": True, "options": ["formal", "friendly"]}},
    ]
    config = {"pre_prompt": "Rewrite in a {{tone}} tone: {{text}}", "user_input_form": form}
    cookies, app = owner_with(lambda workspace: make_app(workspace, config, mode="completion"))
    with chromium.page(cookies, **PHONE) as page:
        page.goto(f"/apps/{app.pk}/chat")
        generate = page.get_by_role("button", name="Generate")
        expect(generate).to_be_enabled()
        generate.tap()
        assert answer_of(page).count() == 0, "the empty form was sent"
        page.get_by_label("Text").fill("the meeting moves to noon")
        page.get_by_label("Tone").select_option("formal")
        generate.tap()
        expect(answer_of(page)).to_contain_text(re.compile(r"tokens · "))
        expect(page.get_by_role("button", name="Generate")).to_be_enabled()
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")


def test_the_keyboard_reaches_everything(chromium: Chromium):
    cookies, app = owner_with(make_app)
    with chromium.page({**cookies, "first_steps": "away"}) as page:
        page.goto("/apps")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Connect a model")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("summary", has_text="Newest first")).to_be_focused()
        for name in ("All", "Text generator", "Chat app", "Chatflow", "Workflow", "Created by me", app.name):
            page.keyboard.press("Tab")
            expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
        menu = page.get_by_label("Account and workspace")
        menu.press("Enter")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.keyboard.press("Escape")
        expect(menu).to_be_focused()
        page.get_by_role("link", name=app.name).press("Enter")
        expect(page).to_have_url(re.compile("/orchestrate$"))
        page.goto(f"/apps/{app.pk}/chat")
        box = page.get_by_role("textbox", name="Message")
        expect(box).to_be_focused()
        page.keyboard.type("one")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("two")
        expect(box).to_have_value("one\ntwo")


def test_a_session_that_ended_says_so(chromium: Chromium):
    cookies, app = owner_with(make_app)
    with chromium.page(cookies) as page:
        sockets: list[WebSocketRoute] = []

        def forward(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            sockets.append(socket)

        page.route_web_socket(re.compile("/ws/"), forward)
        page.goto(f"/apps/{app.pk}/chat")
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        page.context.clear_cookies()
        sockets[0].close(code=1012)
        expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
        expect(page.get_by_role("button", name="Send")).to_be_disabled()
        page.get_by_role("link", name="Sign in again").click()
        expect(page).to_have_url(re.compile("/signin\\?next="))


def test_the_operators_admin_works_under_the_policy(chromium: Chromium):
    def work() -> dict[str, str]:
        workspace = make_workspace()
        owner = workspace.memberships.get().user
        owner.is_staff = owner.is_superuser = True
        owner.save()
        return session_of(owner)

    with chromium.page(aside(work)) as page:
        page.goto("/operator/")
        links = page.locator("#content-main th a").evaluate_all("links => links.map(link => link.pathname)")
        assert "/operator/workspaces/user/" in links
        for link in {link.split("/")[2]: link for link in links}.values():  # one of each app; all are alike
            page.goto(link)
            rows = page.locator("#result_list th a")
            if rows.count():
                rows.first.click()
                expect(page.locator("#content")).to_be_visible()
