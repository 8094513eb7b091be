"""What the console weighs and how soon it can be used, and how fast its lists are with 10,000 rows.

python bench/pages.py [--rounds 5]

A page is usable when what it is for can be used: a list shows its cards and its scripts have run, the orchestrate page
has its editor and takes a question. Each round begins with an empty cache, on 1440 by 900 in headless Chromium.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import BrowserContext, Page, sync_playwright
from product import Product, new_product, sql

from tests.e2e.conftest import ARGUMENTS, CHROMIUM

LIST = "document.querySelector('.app-card, .list tbody tr') && window.htmx"
EDITOR = "document.querySelector('.cm-content') && document.querySelector('#debug textarea:enabled')"
# Copies of the oldest app, of its document and of a conversation, each with a name and an id of its own.
APPS = """
insert into prompts_app select (jsonb_populate_record(null::prompts_app, to_jsonb(a) || jsonb_build_object(
    'id', gen_random_uuid(), 'name', 'App ' || n, 'site_code', 'bench' || n, 'created_at', now() - n * interval '1 s'
))).* from (select * from prompts_app order by created_at limit 1) a, generate_series(1, 10000) n returning 1"""
DOCUMENTS = """
insert into knowledge_document select (jsonb_populate_record(null::knowledge_document, to_jsonb(d) || jsonb_build_object(
    'id', gen_random_uuid(), 'name', 'Document ' || n, 'position', n + 1000, 'created_at', now() - n * interval '1 s'
))).* from (select * from knowledge_document order by created_at limit 1) d, generate_series(1, 10000) n returning 1"""
LOGS = """
with c as (
    insert into logs_conversation select (jsonb_populate_record(null::logs_conversation, to_jsonb(c) || jsonb_build_object(
        'id', gen_random_uuid(), 'name', 'Talk ' || n
    ))).* from (select * from logs_conversation limit 1) c, generate_series(1, 10000) n returning id, name
)
insert into logs_message select (jsonb_populate_record(null::logs_message, to_jsonb(m) || jsonb_build_object(
    'id', gen_random_uuid(), 'task_id', gen_random_uuid(), 'conversation_id', c.id, 'query', 'Question of ' || c.name
))).* from (select * from logs_message limit 1) m, c returning 1"""


@dataclass
class Visit:
    """One look at a page: seconds until it was usable, and kilobytes over the wire."""

    usable_s: float
    all_kb: float
    script_kb: float


@dataclass
class Wire:
    """Counts what comes over the wire, compressed and without headers, by kind."""

    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)

    def attach(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", lambda event: self.kinds.update({event["requestId"]: event["type"]}))
        session.on("Network.dataReceived", self._received)

    def _received(self, event: dict[str, object]) -> None:
        request, size = str(event["requestId"]), float(str(event["encodedDataLength"])) / 1024
        self.sizes[request] = self.sizes.get(request, 0) + size

    def kb(self, kind: str = "") -> float:
        return sum(size for id, size in self.sizes.items() if kind in ("", self.kinds.get(id)))


def visit(context: BrowserContext, path: str, usable: str) -> Visit:
    page = context.new_page()
    wire = Wire()
    wire.attach(page)
    page.goto(path, wait_until="commit")
    page.wait_for_function(f"() => Boolean({usable})", polling="raf")
    usable_s = float(page.evaluate("performance.now()")) / 1000
    page.wait_for_load_state("networkidle")
    page.close()
    return Visit(usable_s, wire.kb(), wire.kb("Script"))


def sign_in(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/signin")
    page.get_by_label("E-mail").fill("bench@example.org")
    page.get_by_label("Password").fill("bench-Password-1")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/apps")
    page.close()


def oldest(product: Product, table: str) -> str:
    return str(sql(product, f"select id from {table} order by created_at limit 1")[0][0])


def ask(product: Product, app: str) -> None:
    """One conversation, to be copied."""
    token = product.command("app_key", app)["token"]
    body = json.dumps({"inputs": {}, "query": "How do I start?", "user": "bench"}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    urlopen(Request(f"{product.url}/v1/chat-messages", body, headers)).close()


def seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def show_weight(context: BrowserContext, name: str, path: str, usable: str, rounds: int) -> None:
    found: list[Visit] = []
    for _ in range(rounds):
        page = context.new_page()
        context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.close()
        found.append(visit(context, path, usable))
    usable_s = statistics.median(one.usable_s for one in found)
    print(f"| {name} | {found[0].script_kb:.1f} | {found[0].all_kb:.0f} | {usable_s:.2f} |", flush=True)


def show_search(context: BrowserContext, name: str, paths: Sequence[str], rounds: int) -> None:
    times = [seconds(lambda path=path: context.request.get(path).body()) for path in paths for _ in range(rounds)]  # type: ignore[misc]
    print(f"| {name} | {statistics.median(times) * 1000:.0f} | {max(times) * 1000:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder, sync_playwright() as playwright:
        product = new_product(Path(folder), DEMO="1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            product.until(product.is_healthy)
            product.until(lambda: sql(product, "select 1 from knowledge_document where indexing_status = 'completed'"))
            context = browser.new_context(base_url=product.url, viewport={"width": 1440, "height": 900})
            sign_in(context)
            app, base = (oldest(product, table) for table in ("prompts_app", "knowledge_dataset"))
            print("| page | scripts, KB | all, KB | usable, s |\n|---|---|---|---|")
            show_weight(context, "apps", "/apps", LIST, rounds)
            show_weight(context, "explore", "/explore", LIST, rounds)
            show_weight(context, "knowledge", "/knowledge", LIST, rounds)
            show_weight(context, "documents", f"/knowledge/{base}/documents", LIST, rounds)
            show_weight(context, "orchestrate", f"/apps/{app}/orchestrate", EDITOR, rounds)
            ask(product, app)
            for statement in (APPS, DOCUMENTS, LOGS):
                sql(product, statement)
            print("\n| search among 10,000 | median, ms | slowest, ms |\n|---|---|---|")
            show_search(
                context, "apps", ["/apps?q=app+77", "/apps?q=nothing+like+it", "/apps?order=name&page=300"], rounds
            )
            documents = f"/knowledge/{base}/documents"
            show_search(
                context, "documents", [f"{documents}?q=77", f"{documents}?q=nothing", f"{documents}?page=150"], rounds
            )
            logs = f"/apps/{app}/logs"
            show_search(context, "logs", [f"{logs}?q=of+talk+77", f"{logs}?q=nothing", f"{logs}?page=200"], rounds)
        finally:
            browser.close()
            product.stop()


if __name__ == "__main__":
    main()
