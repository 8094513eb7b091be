"""From an empty installation to an improved answer: once with the mouse, once with the keyboard alone."""

import re
from abc import ABC, abstractmethod
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.common.perloop import run
from apps.knowledge.services.indexing import index_pending
from apps.logs.models import Annotation, Message

from .axe import violations
from .conftest import Chromium, aside
from .test_knowledge_wizard import printed

pytestmark = pytest.mark.browser
QUESTION = "How long is the warranty?"


class Hand(ABC):
    """How a person gets at a control of a page."""

    @abstractmethod
    def press(self, target: Locator) -> None:
        """A button, a link, a switch."""

    @abstractmethod
    def reach(self, target: Locator) -> None:
        """Puts the cursor there."""

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        field.page.keyboard.press("Control+A")
        field.page.keyboard.insert_text(text)

    @abstractmethod
    def choose(self, field: Locator, label: str) -> None:
        """An option of a list."""

    def pick_file(self, field: Locator, file: Path) -> None:
        with field.page.expect_file_chooser() as chooser:
            self.press(field)
        chooser.value.set_files(file)


class Mouse(Hand):
    def press(self, target: Locator) -> None:
        target.click()

    def reach(self, target: Locator) -> None:
        target.click()

    def choose(self, field: Locator, label: str) -> None:
        field.select_option(label=label)


class Keyboard(Hand):
    """Tab until it is there, as often as it takes."""

    def press(self, target: Locator) -> None:
        self.reach(target)
        target.page.keyboard.press("Space" if target.get_attribute("type") in {"checkbox", "file"} else "Enter")

    def reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(150):
            if target.evaluate("element => element === document.activeElement"):
                return
            target.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key never comes to {target}")

    def choose(self, field: Locator, label: str) -> None:
        self.reach(field)
        field.page.keyboard.type(label)
        expect(field.locator("option:checked")).to_have_text(label)


def install(page: Page, hand: Hand) -> None:
    page.goto("/")
    hand.write(page.get_by_label("Workspace"), "Acme")
    hand.write(page.get_by_label("E-mail"), "ada@example.org")
    hand.write(page.get_by_label("Password"), "correct horse 7")
    hand.press(page.get_by_role("button", name="Create workspace"))
    expect(page.get_by_role("heading", name="No apps yet")).to_be_visible()


def connect_provider(page: Page, hand: Hand, base_url: str) -> None:
    hand.press(page.get_by_role("link", name="Connect a model").first)
    expect(page.get_by_role("heading", name="Default models")).to_be_visible()
    assert violations(page) == []
    hand.press(page.get_by_role("link", name="OpenAI-API-compatible"))
    hand.write(page.get_by_label("API base URL"), base_url)
    hand.write(page.get_by_label("API key"), "sk-0123456789abcdef")
    hand.press(page.get_by_role("button", name="Check and save"))
    expect(page.get_by_text("Key checked")).to_be_visible()
    for name, kind in (("echo-all", "LLM"), ("text-embedding-3-small", "Embedding")):
        hand.press(page.get_by_role("link", name="Add a model"))
        dialog = page.get_by_role("dialog", name="Add a model")
        hand.choose(dialog.get_by_label("Type"), kind)
        hand.write(dialog.get_by_label("Name"), name)
        assert violations(page) == []
        hand.press(dialog.get_by_role("button", name="Check and save"))
        expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("Default")
    hand.write(page.get_by_role("textbox", name="Text"), "Are you there?")
    hand.press(page.get_by_role("button", name="Try", exact=True))
    expect(page.locator("#trial")).to_contain_text("Are you there?")
    assert violations(page) == []


def bring_document(page: Page, hand: Hand, file: Path) -> None:
    hand.press(page.get_by_role("link", name="Knowledge", exact=True))
    hand.press(page.get_by_role("link", name="Bring documents"))
    hand.pick_file(page.locator("#file"), file)
    hand.press(page.get_by_role("link", name="Next: cut and index"))
    expect(page.locator("#preview-segments")).to_have_text("1")
    hand.press(page.get_by_role("button", name="Create and index"))
    expect(page.get_by_role("heading", name="Indexing")).to_be_visible()
    aside(lambda: run(index_pending()))
    expect(page.get_by_role("heading", name="Everything is indexed")).to_be_visible()


def make_and_try_app(page: Page, hand: Hand) -> None:
    hand.press(page.get_by_role("link", name="Apps", exact=True))
    hand.press(page.get_by_role("link", name="Create", exact=True))
    blank = page.get_by_role("region", name="From nothing")
    hand.write(blank.get_by_label("Name"), "Pump help")
    hand.press(blank.get_by_role("button", name="Create app"))
    hand.write(page.get_by_role("textbox", name="Instructions"), "Answer from the context.")
    hand.press(page.get_by_role("button", name="Add knowledge"))
    hand.press(page.get_by_role("checkbox", name=re.compile("warranty")))
    hand.press(page.get_by_role("button", name="Use these"))
    expect(page.locator(".base-card")).to_contain_text("warranty")
    hand.write(page.locator("#debug").get_by_role("textbox", name="Message"), QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#debug").get_by_role("article", name="Answer")).to_contain_text("two years")
    hand.press(page.locator("#publish-menu > summary"))
    hand.press(page.get_by_role("button", name="Publish the draft"))
    expect(page.locator("#publishing")).to_contain_text("The draft is the same")


def ask_on_the_web_page(page: Page, hand: Hand) -> None:
    with page.expect_popup() as popup:
        hand.press(page.get_by_role("link", name="Run app"))
    site = popup.value
    hand.write(site.get_by_role("textbox", name="Message"), QUESTION)
    site.keyboard.press("Enter")
    expect(site.get_by_role("article", name="Answer")).to_contain_text("two years")
    site.close()


def improve(page: Page, hand: Hand) -> None:
    page.keyboard.press("Escape")
    hand.press(page.get_by_role("link", name="Logs", exact=True))
    page.wait_for_url("**/logs")  # and its scripts: without them an entry is a page of its own
    hand.press(page.locator("[data-entry]").first)
    drawer = page.get_by_role("dialog")
    hand.press(drawer.get_by_role("link", name="Improve the answer"))
    hand.write(drawer.get_by_label("The answer that should have been given"), "For **two years** from delivery.")
    hand.press(drawer.get_by_role("button", name="Save"))
    expect(drawer.locator(".improved strong")).to_have_text("two years")


@pytest.mark.parametrize("hand", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_from_nothing_to_an_improved_answer(chromium: Chromium, upstream, tmp_path: Path, hand: Hand):
    with chromium.page(viewport={"width": 1440, "height": 900}) as page:
        file = printed(page, tmp_path)
        install(page, hand)
        connect_provider(page, hand, upstream.base_url)
        bring_document(page, hand, file)
        make_and_try_app(page, hand)
        ask_on_the_web_page(page, hand)
        improve(page, hand)
    assert aside(lambda: Annotation.objects.get().answer) == "For **two years** from delivery."
    assert aside(lambda: set(Message.objects.values_list("invoke_from", "status"))) == {
        ("debugger", "normal"),
        ("web-app", "normal"),
    }
