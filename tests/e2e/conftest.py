"""A real browser against the real server. Without a system Chromium these tests are skipped, and say so."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

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
    "--process-per-site",
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
    visitor: Callable[..., AbstractContextManager[BrowserContext]]
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, cookies: dict[str, str] | None = None, **options: Any) -> Iterator[Page]:
        """A page of a fresh visitor. Options are Playwright's for a context, such as `viewport`."""
        looks = {name: options.pop(name) for name in ("color_scheme", "reduced_motion") if name in options}
        size = None if "has_touch" in options else options.pop("viewport", None)
        granted = options.pop("permissions", [])
        with self.visitor(base_url=self.base_url, **options) as context:
            context.add_cookies(
                [{"name": name, "value": value, "url": self.base_url} for name, value in (cookies or {}).items()]
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            context.grant_permissions(granted)
            # Not the context's own looks, so that the next visitor has others without loading all anew.
            page.emulate_media(**looks)
            if size:
                page.set_viewport_size(size)
            forgotten = {"origin": self.base_url, "storageTypes": "local_storage,indexeddb,cache_storage"}
            context.new_cdp_session(page).send("Storage.clearDataForOrigin", forgotten)
            page.on("console", lambda message: self._note(message.type, message.text))
            page.on("pageerror", lambda error: self._note("error", str(error)))
            yield page

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


class Driver:
    """Playwright and one browser for all tests of a process; each page is a fresh visitor's all the same.

    What a visitor keeps is what any browser keeps of public files: styles and scripts, which are half of a page's work.

    Playwright marks its loop as the thread's running one, which keeps Django and the loops of other tests away.
    So the mark is there while a browser test runs, and not in between.
    """

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._loop = asyncio.get_running_loop()
        self._browser: Browser | None = None
        self._rested: dict[str, BrowserContext] = {}
        self._rest()

    @contextmanager
    def browsing(self) -> Iterator[None]:
        """There is a browser, a new one where the last was lost; what its user leaves open is closed."""
        self._work()
        try:
            if self._browser is None or not self._browser.is_connected():
                self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                self._rested.clear()
            yield
            for context in self._browser.contexts:
                if context not in self._rested.values():
                    context.close()
        finally:
            self._rest()

    @contextmanager
    def visitor(self, **options: object) -> Iterator[BrowserContext]:
        """Somebody without cookies, with Playwright's options for a context."""
        assert self._browser is not None
        kind = repr(sorted(options.items()))
        context = self._rested.pop(kind, None)
        if context is None:
            context = self._browser.new_context(**options)  # type: ignore[arg-type]
            # As long as a page of it is open, all of the product's pages share one process, and what it has compiled.
            context.new_page().goto("/health")
        yield context
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        if kind in self._rested:
            context.close()  # there were two at once
        else:
            self._rested[kind] = context

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
    with _driver.browsing():
        chromium = Chromium(server.url, _driver.visitor)
        yield chromium
    assert chromium.complaints == []
