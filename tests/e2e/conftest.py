"""A real browser against the real server. Without a system Chromium these tests are skipped, and say so."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

T = TypeVar("T")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PATIENCE_MS = 20_000  # costs nothing where all is well, and the machine may be busy
expect.set_options(timeout=PATIENCE_MS)
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")


def aside(function: Callable[[], T]) -> T:
    """Runs database work in a thread of its own: Playwright's loop runs in this one."""

    def work() -> T:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(60)


@dataclass
class Chromium:
    """The browser, and everything its pages complained about."""

    base_url: str
    context: Callable[..., BrowserContext]
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, cookies: dict[str, str] | None = None, **options: object) -> Iterator[Page]:
        """A page of a fresh visitor. Options are Playwright's for a context, such as `viewport`."""
        context = self.context(base_url=self.base_url, **options)
        context.add_cookies(
            [{"name": name, "value": value, "url": self.base_url} for name, value in (cookies or {}).items()]
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        yield page
        context.close()

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


class Driver:
    """Playwright and one browser for all tests of a process; each page is a fresh visitor's all the same.

    Playwright marks its loop as the thread's running one, which keeps Django and the loops of other tests away.
    So the mark is there while a browser test runs, and not in between.
    """

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._loop = asyncio.get_running_loop()
        self._browser: Browser | None = None
        self._rest()

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """The browser, a new one where the last was lost; what its user leaves open is closed."""
        self._work()
        try:
            if self._browser is None or not self._browser.is_connected():
                self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield self._browser
            for context in self._browser.contexts:
                context.close()
        finally:
            self._rest()

    def end(self) -> None:
        """Before Playwright's end."""
        self._work()
        if self._browser is not None:
            self._browser.close()

    def _work(self) -> None:
        asyncio._set_running_loop(self._loop)

    def _rest(self) -> None:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="package")
def _driver() -> Iterator[Driver]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install the package `chromium` to run the browser tests")
    with sync_playwright() as playwright:
        driver = Driver(playwright)
        yield driver
        driver.end()


@pytest.fixture
def chromium(_driver: Driver, server) -> Iterator[Chromium]:
    """The test fails if any page logged an error or broke its content security policy."""
    with _driver.browser() as browser:
        chromium = Chromium(server.url, browser.new_context)
        yield chromium
    assert chromium.complaints == []
