"""What the tests of the public chat page have in common: apps with a page, and what a visitor does there."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from apps.prompts.models import App, Site
from tests.factories import make_app, make_provider, make_workspace, upstream_config

from .conftest import aside

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
FORM = [
    {"text-input": {"variable": "name", "label": "Your name", "required": True, "max_length": 20}},
    {"select": {"variable": "topic", "label": "Topic", "required": True, "options": ["Travel", "Invoices"]}},
    {"number": {"variable": "age", "label": "Age", "required": False}},
]


def chat_app(config: dict[str, Any] | None = None, **site: Any) -> App:
    """A published chat app on the demo model, with settings for its page."""

    def make() -> App:
        app = make_app(make_workspace(), config)
        if site:
            Site.objects.create(app=app, **site)
        return app

    return aside(make)


def upstream_app(upstream: Any, model: str, others: dict[str, Any] | None = None, **config: Any) -> App:
    def make() -> App:
        workspace = make_workspace()
        make_provider(workspace, upstream.base_url, model, **(others or {}))
        return make_app(workspace, upstream_config(model, **config))

    return aside(make)


def enter(page: Page, app: App, query: str = "", path: str = "chat") -> None:
    page.goto(f"/{path}/{app.site_code}{query}")
    expect(page.locator("chat-pane .chat-log")).to_be_attached()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def ask(page: Page, question: str) -> None:
    box(page).fill(question)
    box(page).press("Enter")


def answer(page: Page, number: int = 0) -> Locator:
    return page.get_by_role("article", name="Answer").nth(number)


def ended(page: Page, text: str | re.Pattern[str] = "Answer:") -> None:
    expect(page.get_by_role("status")).to_contain_text(text, timeout=20_000)


def talks(page: Page) -> Locator:
    return page.locator(".talk-name")


def act(page: Page, talk: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {talk}").click()
    page.locator(".item-menu").get_by_role("button", name=action).click()


def rows(model: Any, **filters: Any) -> list[Any]:
    return aside(lambda: list(model.objects.filter(**filters)))
