"""Batches on the public page of a text generator: a file of rows in, a file of texts out."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from apps.logs.models import Message

from .conftest import Chromium
from .test_generator_page import body_of, choose, count, enter, generator, upstream_generator

pytestmark = pytest.mark.browser


def saved_file(page: Page, button: str) -> list[list[str]]:
    """The records of the file that a button downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"), newline="")))


def test_web_06_a_hundred_rows_on_the_demo_model(chromium: Chromium):
    app = generator()
    rows = "".join(f"kettle {n},warm,{n}\r\n" for n in range(1, 101))
    with chromium.page() as page:
        enter(page, app, "#batch")
        assert saved_file(page, "Download the template") == [["topic", "tone", "words"]]
        choose(page, f"\ufefftopic,tone,words\r\n{rows}")
        page.get_by_role("button", name="Run 100 rows").click()
        expect(page.get_by_role("status")).to_have_text("100 of 100 rows done", timeout=60_000)
        assert page.get_by_role("progressbar").evaluate("bar => [bar.value, bar.max]") == [100, 100]
        expect(page.get_by_text("Done", exact=True)).to_have_count(100)
        header, *lines = saved_file(page, "Download the results")
        assert header == ["topic", "tone", "words", "result", "error"]
        assert [line[:3] for line in lines] == [[f"kettle {n}", "warm", str(n)] for n in range(1, 101)]
        assert all(line[3].endswith(f"You wrote: {line[0]}") and line[4] == "" for line in lines)
        assert count(Message, status="normal") == 100

        page.locator(".gen-row").nth(41).locator("summary").press("Enter")
        row = page.locator(".gen-row").nth(41)
        expect(row.locator(".md")).to_contain_text("You wrote: kettle 42")
        row.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")


REFUSED = {
    "gbk": ("topic\n水壶\n".encode("gbk"), "GBK"),
    "utf_16": ("topic\nkettle\n".encode("utf-16"), "UTF-16"),
    "wrong_columns": (b"subject,tone\nkettle,dry\n", "subject"),
    "no_rows": (b"topic,tone,words\n", "no rows"),
    "rows_101": (b"topic\n" + b"kettle\n" * 101, "101 rows"),
    "broken": (b'topic\n"kettle\n', "Row 2: a quotation mark"),
    "empty_cell": (b"topic,tone\nkettle,dry\n,dry\n", "Row 3: topic is empty."),
    "no_option": (b"topic,tone\nkettle,loud\n", "Row 2: tone must be one of: dry, warm."),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_web_06_a_wrong_file_is_refused_before_anything_runs(chromium: Chromium, content: bytes, sentence: str):
    app = generator()
    with chromium.page() as page:
        enter(page, app, "#batch")
        choose(page, content)
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Run \\d"))).to_have_count(0)
        choose(page, "topic\n\nkettle\n\n")
        page.get_by_role("button", name="Run 1 rows").click()
        expect(page.get_by_role("status")).to_have_text("1 of 1 rows done")
        assert count(Message) == 1


def test_web_06_a_failed_row_holds_nobody_up_and_runs_again_alone(chromium: Chromium):
    app = generator()
    with chromium.page() as page:
        enter(page, app, "#batch")
        cut: list[str] = []

        def cut_once(route: Route) -> None:
            topic = body_of(route.request)["inputs"]["topic"]
            if topic == "third" and topic not in cut:
                cut.append(topic)
                route.abort()
            else:
                route.continue_()

        page.route("**/api/completion-messages", cut_once)
        choose(page, "topic\nfirst\nsecond\nthird\n=fourth\nfifth\nsixth\nseventh\n")
        page.get_by_role("button", name="Run 7 rows").click()
        expect(page.get_by_role("status")).to_have_text("7 of 7 rows done · 1 failed")
        chromium.complaints.clear()  # the browser itself reports the cut connection
        failed = page.locator(".gen-row").nth(2)
        expect(failed).to_contain_text("Failed")
        expect(failed).to_contain_text("The server cannot be reached.")
        assert [line[0] for line in saved_file(page, "Download the results") if line[4]] == ["topic", "third"]
        before = count(Message)
        page.get_by_role("button", name="Retry 1 failed").click()
        expect(page.get_by_role("status")).to_have_text("7 of 7 rows done")
        assert count(Message) == before + 1
        lines = saved_file(page, "Download the results")
        assert lines[4][0] == "'=fourth"
        assert all(line[3] and not line[4] for line in lines[1:])


def test_web_06_all_rows_can_be_stopped_and_gone_on_with(chromium: Chromium, upstream):
    app = upstream_generator(upstream, "gen-400-50")
    with chromium.page() as page:
        enter(page, app, "#batch")
        choose(page, "topic\n" + "kettle\n" * 8)
        page.get_by_role("button", name="Run 8 rows").click()
        expect(page.get_by_text("Writing", exact=True)).to_have_count(5)
        stop = page.get_by_role("button", name="Stop all")
        expect(stop).to_be_focused()
        stop.press("Enter")
        expect(page.get_by_role("status")).to_have_text("8 of 8 rows done · 8 stopped")
        expect(page.get_by_role("button", name="Run 8 unfinished rows")).to_be_visible()
        assert count(Message, status="stopped") <= 5
        assert count(Message, status="running") == 0


def test_web_06_leaving_while_rows_run_is_asked_about(chromium: Chromium, upstream):
    app = upstream_generator(upstream, "gen-400-50")
    with chromium.page() as page:
        enter(page, app, "#batch")
        choose(page, "topic\nkettle\n")
        page.get_by_role("button", name="Run 1 rows").click()
        expect(page.get_by_text("Writing", exact=True)).to_be_visible()
        page.on("dialog", lambda dialog: dialog.dismiss())
        with page.expect_event("dialog") as asked:
            page.close(run_before_unload=True)
        assert asked.value.type == "beforeunload"
        page.get_by_role("button", name="Stop all").click()
        expect(page.get_by_role("button", name="Download the results")).to_be_visible()


def test_web_06_an_app_that_needs_a_file_says_so(chromium: Chromium):
    app = generator(user_input_form=[{"file": {"variable": "photo", "label": "Photo", "required": True}}])
    with chromium.page() as page:
        enter(page, app, "#batch")
        expect(page.get_by_text("asks for a file")).to_be_visible()
        expect(page.locator("#batch-file")).to_have_count(0)
