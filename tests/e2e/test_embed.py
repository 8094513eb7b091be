"""The chat bubble and the frame on a site of another origin, under a strict policy of that site."""

import re
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from apps.prompts.models import App, EndUser, Site
from tests.factories import make_app, make_workspace

from .axe import violations
from .conftest import Chromium, aside
from .host_site import HostSite

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
FIELD = {"text-input": {"variable": "city", "label": "City", "required": False}}
BUTTON, WINDOW = "#dify-chatbot-bubble-button", "#dify-chatbot-bubble-window"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><main><h1>A shop</h1><p><a href="#top">A link</a></p>{body}</main></body></html>"""


STILL: dict[str, Any] = {"reduced_motion": "reduce"}  # so that boxes are measured where they stay


def chat_app(*fields: dict[str, Any]) -> App:
    config = {"pre_prompt": "Be brief.", "user_input_form": list(fields)}
    return aside(lambda: make_app(make_workspace(), config))


def strict(chromium: Chromium, *, own: str = "") -> str:
    """What a careful site allows: our script and our frame, nothing inline, no other style."""
    return (
        f"default-src 'none'; script-src {own} {chromium.base_url}; frame-src {chromium.base_url}; style-src 'none'; "
        "base-uri 'none'; require-trusted-types-for 'script'"
    )


def by_attributes(chromium: Chromium, app: App, attributes: str = "") -> dict[str, str]:
    """A page with one script tag and no code of its own."""
    tag = f'<script src="{chromium.base_url}/embed.min.js" data-token="{app.site_code}" {attributes} defer></script>'
    return {"/": PAGE.format(head=tag, body="")}


def by_config(chromium: Chromium, app: App, config: str = "", name: str = "difyChatbotConfig") -> dict[str, str]:
    """The snippet as pages made for the original have it, its inline part in a file."""
    settings = f'window.{name} = {{ token: "{app.site_code}", baseUrl: "{chromium.base_url}", {config} }};'
    script = f'<script src="{chromium.base_url}/embed.min.js" id="{app.site_code}" defer></script>'
    tags = f'<script src="/config.js"></script>{script}'
    return {"/": PAGE.format(head=tags, body=""), "/config.js": settings}


def bubble(page: Page) -> Locator:
    button = page.locator(BUTTON)
    expect(button).to_be_visible()
    return button


def inside(page: Page) -> FrameLocator:
    return page.frame_locator(WINDOW)


def ask(frame: FrameLocator, question: str) -> None:
    frame.get_by_role("textbox", name="Message").fill(question)
    frame.get_by_role("textbox", name="Message").press("Enter")
    expect(frame.get_by_role("article").last).to_contain_text(f"You wrote: {question}")


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return dict(found)  # type: ignore[arg-type]  # a TypedDict of numbers


def test_emb_02_the_bubble_opens_answers_and_closes_by_keyboard_under_a_strict_policy(chromium: Chromium):
    app = chat_app()
    with HostSite(by_attributes(chromium, app), strict(chromium)) as host, chromium.page() as page:
        page.goto(host.origin)
        button = bubble(page)
        assert page.locator(WINDOW).count() == 0, "loaded before anybody wanted it"
        expect(button).to_have_accessible_name("Open: Chat")
        expect(button).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(button).to_have_accessible_name("Close: Chat")
        expect(inside(page).get_by_role("textbox", name="Message")).to_be_visible()
        assert page.evaluate("document.activeElement.id") == WINDOW[1:]
        assert page.locator(WINDOW).get_attribute("title") == "Chat"
        ask(inside(page), "what time is it")
        inside(page).get_by_role("textbox", name="Message").press("Escape")
        expect(page.locator(WINDOW)).to_be_hidden()
        expect(button).to_be_focused()
        page.keyboard.press("Space")
        expect(inside(page).get_by_role("article")).to_contain_text("You wrote: what time is it")
        button.focus()
        page.keyboard.press("Escape")
        expect(page.locator(WINDOW)).to_be_hidden()
        assert violations(page) == []


@pytest.mark.parametrize("name", ["difyChatbotConfig", "chatbotConfig"])
def test_emb_02_the_snippet_with_a_configuration(chromium: Chromium, name: str):
    app = chat_app(FIELD)
    variables = "inputs: { city: 'Ōsaka' }, systemVariables: { user_id: 'ada' }, userVariables: { name: 'Ada' }"
    pages = by_config(chromium, app, variables, name)
    with HostSite(pages, strict(chromium, own="'self'")) as host, chromium.page() as page:
        page.goto(host.origin)
        bubble(page).click()
        source = page.locator(WINDOW).get_attribute("src") or ""
        assert source.startswith(f"{chromium.base_url}/chatbot/{app.site_code}?city=H4sI")
        assert {"sys.user_id", "user.name"} <= set(re.findall(r"[?&]([\w.]+)=", source))
        inside(page).get_by_role("textbox", name="Message").fill("hello")
        inside(page).get_by_role("textbox", name="Message").press("Enter")
        expect(inside(page).get_by_role("article").last).to_contain_text("You wrote: hello")
        user = aside(EndUser.objects.get)
        assert user.session_id == "ada"
        assert aside(lambda: user.app.pk) == app.pk


def test_emb_02_too_many_inputs_are_told_to_the_developer(chromium: Chromium):
    app = chat_app()
    noise = "Array.from({ length: 300 }, () => Math.random().toString(36)).join('')"
    with HostSite(by_config(chromium, app, f"inputs: {{ city: {noise} }}")) as host, chromium.page() as page:
        page.goto(host.origin)
        bubble(page)
        assert chromium.complaints == [
            "The URL is too long, please reduce the number of inputs to prevent the bot from failing to load"
        ]
        chromium.complaints.clear()


def test_emb_02_a_snippet_without_token_does_nothing(chromium: Chromium):
    pages = {"/": PAGE.format(head=f'<script src="{chromium.base_url}/embed.js" defer></script>', body="")}
    with HostSite(pages) as host, chromium.page() as page:
        page.goto(host.origin)
        page.wait_for_load_state("load")
        assert chromium.complaints == ["difyChatbotConfig is empty or token is not provided"]
        chromium.complaints.clear()
        assert page.locator(BUTTON).count() == 0


def test_emb_02_two_scripts_make_one_bubble_and_one_may_come_late(chromium: Chromium):
    app = chat_app()
    pages = by_attributes(chromium, app)
    with HostSite(pages) as host, chromium.page() as page:
        page.goto(host.origin)
        bubble(page)
        page.add_script_tag(content=f"window.chatbotConfig = {{ token: '{app.site_code}', dynamicScript: true }};")
        page.add_script_tag(url=f"{chromium.base_url}/embed.js")
        expect(page.locator(BUTTON)).to_have_count(1)
    with HostSite({"/": PAGE.format(head="", body="")}) as host, chromium.page() as page:
        page.goto(host.origin)
        page.add_script_tag(content=f"window.chatbotConfig = {{ token: '{app.site_code}', dynamicScript: true }};")
        page.add_script_tag(url=f"{chromium.base_url}/embed.min.js")
        bubble(page)


def test_emb_02_a_phone_shows_the_chat_alone_and_a_bar_to_close_it(chromium: Chromium):
    app = chat_app()
    pages = by_attributes(chromium, app, 'data-label="Ask us"')
    with HostSite(pages, strict(chromium)) as host, chromium.page(**PHONE, **STILL) as page:
        page.goto(host.origin)
        button = bubble(page)
        button.tap()
        expect(inside(page).get_by_role("textbox", name="Message")).to_be_visible()
        assert box(page.locator(WINDOW)) == {"x": 0, "y": 44, "width": 390, "height": 800}
        assert box(button) == {"x": 0, "y": 0, "width": 390, "height": 44}
        expect(button).to_contain_text("Ask us")
        ask(inside(page), "hello")
        button.tap()
        expect(page.locator(WINDOW)).to_be_hidden()
        assert box(button)["width"] == 50


POSITIONS = {
    "bottom-right": (1200 - 16 - 50, 800 - 16 - 50),
    "bottom-left": (16, 800 - 16 - 50),
    "top-right": (1200 - 16 - 50, 16),
    "top-left": (16, 16),
}


@pytest.mark.parametrize(("position", "corner"), POSITIONS.items(), ids=POSITIONS.keys())
def test_emb_02_the_window_stands_beside_the_button_wherever_that_is(
    chromium: Chromium, position: str, corner: tuple[int, int]
):
    app = chat_app()
    attributes = f'data-position="{position}" data-width="420" data-height="500px" data-color="#7a1f5c"'
    size = {"width": 1200, "height": 800}
    pages = by_attributes(chromium, app, attributes)
    with HostSite(pages, strict(chromium)) as host, chromium.page(viewport=size, **STILL) as page:
        page.goto(host.origin)
        button = bubble(page)
        around = box(button)
        assert (around["x"], around["y"]) == corner
        expect(button).to_have_css("background-color", "rgb(122, 31, 92)")
        button.click()
        expect(page.locator(WINDOW)).to_be_visible()
        shown = box(page.locator(WINDOW))
        assert (shown["width"], shown["height"]) == (420, 500)
        is_low, is_right = corner[1] > 400, corner[0] > 600
        assert shown["x"] == (around["x"] + 50 - 420 if is_right else around["x"])
        assert shown["y"] == (around["y"] - 12 - 500 if is_low else around["y"] + 50 + 12)


def test_emb_02_styles_of_pages_made_for_the_original_still_count(chromium: Chromium):
    app = chat_app()
    style = (
        "<style>#dify-chatbot-bubble-button { background-color: #1c64f2 !important; }"
        "#dify-chatbot-bubble-window { width: 22rem !important; height: 30rem !important; }"
        ":root { --dify-chatbot-bubble-button-bottom: 100px; --dify-chatbot-bubble-button-width: 64px; }"
        "iframe { max-width: 10px; display: none } button { position: static; width: 100% }</style>"
    )
    pages = by_attributes(chromium, app)
    pages["/"] = pages["/"].replace("</head>", f"{style}</head>")
    with HostSite(pages) as host, chromium.page(viewport={"width": 1200, "height": 800}, **STILL) as page:
        page.goto(host.origin)
        button = bubble(page)
        expect(button).to_have_css("background-color", "rgb(28, 100, 242)")
        assert box(button) == {"x": 1120, "y": 650, "width": 64, "height": 50}
        button.click()
        expect(page.locator(WINDOW)).to_be_visible()
        shown = box(page.locator(WINDOW))
        assert (shown["width"], shown["height"]) == (352, 480)


def test_emb_02_props_of_the_button_and_dragging(chromium: Chromium):
    app = chat_app()
    props = (
        "draggable: true, dragAxis: 'x', containerProps: { className: 'mine yours', style: { opacity: '0.9' }, "
        "'data-test': 'yes', innerHTML: '<b>no</b>', onclick: () => { document.title = 'clicked'; } }"
    )
    with HostSite(by_config(chromium, app, props)) as host, chromium.page() as page:
        page.goto(host.origin)
        button = bubble(page)
        expect(button).to_have_class("mine yours")
        expect(button).to_have_css("opacity", "0.9")
        expect(button).to_have_attribute("data-test", "yes")
        assert button.locator("b").count() == 0
        start = box(button)
        page.mouse.move(start["x"] + 25, start["y"] + 25)
        page.mouse.down()
        page.mouse.move(start["x"] - 275, start["y"] - 275, steps=5)
        page.mouse.up()
        assert box(button) == {**start, "x": start["x"] - 300}
        expect(page.locator(WINDOW)).to_be_hidden()
        button.press("ArrowLeft")
        assert box(button)["x"] == start["x"] - 324
        button.click()
        expect(page.locator(WINDOW)).to_be_visible()
        expect(page).to_have_title("clicked")
        page.set_viewport_size({"width": 500, "height": 700})
        assert box(button)["x"] <= 500 - 50 - 8


def test_emb_02_the_window_grows_and_other_frames_are_not_heard(chromium: Chromium):
    app = chat_app()
    with HostSite(by_attributes(chromium, app)) as host, chromium.page() as page:
        page.goto(host.origin)
        bubble(page).click()
        small = box(page.locator(WINDOW))
        inside(page).get_by_role("button", name="Larger window").click()
        expect(page.locator(WINDOW)).to_have_attribute("data-expanded", "")
        assert box(page.locator(WINDOW))["width"] > small["width"]
        page.evaluate("window.postMessage({ type: 'chatbot-close' }, '*')")
        page.evaluate(
            "window.dispatchEvent(new MessageEvent('message', { data: { type: 'chatbot-close' }, "
            "origin: 'https://evil.example', source: frames[0] }))"
        )
        expect(page.locator(WINDOW)).to_be_visible()
        inside(page).get_by_role("button", name="Larger window").press("Escape")
        expect(page.locator(WINDOW)).to_be_hidden()


FRAME = """<iframe src="{url}/chatbot/{code}" style="width: 100%; height: 100%; min-height: 700px" frameborder="0"
allow="microphone"></iframe>"""


def test_emb_01_the_frame_snippet(chromium: Chromium):
    app = chat_app()
    pages = {"/": PAGE.format(head="", body=FRAME.format(url=chromium.base_url, code=app.site_code))}
    with HostSite(pages) as host, chromium.page() as page:
        page.goto(host.origin)
        frame = page.frame_locator("iframe")
        ask(frame, "hello")
        expect(frame.get_by_role("button", name="Larger window")).to_have_count(0)


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "not listed"])
def test_emb_01_only_allowed_origins_may_embed(chromium: Chromium, is_listed: bool):
    app = chat_app()
    pages = {"/": PAGE.format(head="", body=FRAME.format(url=chromium.base_url, code=app.site_code))}
    with HostSite(pages) as host, chromium.page() as page:
        origins = [host.origin if is_listed else "https://shop.example"]

        def allow() -> None:
            Site.objects.create(app=app, allowed_origins=origins)

        aside(allow)
        page.goto(host.origin)
        if is_listed:
            ask(page.frame_locator("iframe"), "hello")
            return
        page.wait_for_load_state("networkidle")
        expect(page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
        assert [text for text in chromium.complaints if "frame-ancestors" in text]
        chromium.complaints.clear()
