"""How soon a flow can be worked on, and what moving a node of it costs, with 50, 200 and 500 nodes.

python bench/canvas.py [--rounds 5] [--page URL --email E-MAIL --password PASSWORD]

With --page the canvas of that address is measured, without it flows on a product of its own. Usable: nodes and lines
are painted, counted from the request. A move is one of 120 with a node in hand while the whole flow is seen; its cost
is the time spent in scripts. Headless Chromium, 1440 by 900; the cache is empty each round.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright
from product import new_product

from tests.e2e.conftest import ARGUMENTS, CHROMIUM

SIZES = (50, 200, 500)
MOVES = 120
ROWS = 10
DRAWN = "() => performance.getEntriesByName('canvas-drawn').length > 0"
DRAWN_MS = "performance.getEntriesByName('canvas-drawn')[0].startTime"
MODEL = {"provider": "demo", "name": "demo-chat", "mode": "chat", "completion_params": {}}
# What nodes of real flows are mostly of; the text of a prompt is of a usual length.
KINDS: tuple[dict[str, Any], ...] = (
    {"type": "llm", "model": MODEL, "prompt_template": [{"role": "user", "text": "Sum this up: {{#begin.text#}} " * 20}]},
    {"type": "code", "code_language": "python3", "code": "def main() -> dict:\n    return {}\n", "outputs": {}, "variables": []},
    {"type": "template-transform", "template": "{{ text }}", "variables": []},
    {"type": "http-request", "method": "get", "url": "https://example.org/", "headers": "", "params": ""},
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    usable_s: float
    script_ms: float
    heap_mb: float


def flow(size: int) -> dict[str, Any]:
    """Rows of nodes from one start to one end."""
    nodes = [placed("begin", 0, 2, type="start", title="Begin", variables=[])]
    edges: list[dict[str, str]] = []
    columns = -(-(size - 2) // ROWS)
    for place in range(size - 2):
        column, row = place // ROWS, place % ROWS
        name = f"n{place}"
        nodes.append(placed(name, column + 1, row, title=f"Node {place}", **KINDS[place % len(KINDS)]))
        edges.append({"source": f"n{place - ROWS}" if column else "begin", "target": name})
    nodes.append(placed("end", columns + 1, 2, type="end", title="End", outputs=[]))
    edges += [{"source": f"n{place}", "target": "end"} for place in range(max(0, size - 2 - ROWS), size - 2)]
    ways = [{**edge, "id": f"e{place}", "sourceHandle": "source", "type": "custom"} for place, edge in enumerate(edges)]
    return {"nodes": nodes, "edges": ways}


def placed(name: str, column: int, row: int, **data: Any) -> dict[str, Any]:
    return {"id": name, "type": "custom", "position": {"x": column * 320, "y": row * 150}, "data": {"desc": "", **data}}


def app_file(folder: Path, size: int) -> Path:
    path = folder / f"flow-{size}.yml"
    graph = {"workflow": {"graph": flow(size), "features": {}}}
    path.write_text(json.dumps({"app": {"name": f"{size} nodes", "mode": "workflow"}, "kind": "app", **graph}))
    return path


def metric(session: CDPSession, name: str) -> float:
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == name))


def move_cost_ms(page: Page, session: CDPSession) -> float:
    """Milliseconds in scripts for each move of a node in the middle of the board."""
    head = page.locator(".react-flow__node .node-head")
    box = head.nth(head.count() // 2).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 6)
    page.wait_for_timeout(200)
    before = metric(session, "ScriptDuration")
    for step in range(MOVES):
        page.mouse.move(x + 6 + step % 40, y + 6 + step % 25)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    spent = metric(session, "ScriptDuration") - before
    page.mouse.up()
    return spent * 1000 / MOVES


def visit(context: BrowserContext, address: str) -> Visit:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Network.clearBrowserCache")
    page.goto(address, wait_until="commit")
    page.wait_for_function(DRAWN, polling="raf")
    usable_s = float(page.evaluate(DRAWN_MS)) / 1000
    page.wait_for_timeout(500)
    script_ms = move_cost_ms(page, session)
    session.send("HeapProfiler.collectGarbage")
    heap_mb = metric(session, "JSHeapUsedSize") / 1024 / 1024
    page.keyboard.press("Control+z")
    page.wait_for_timeout(1500)
    page.close()
    return Visit(usable_s, script_ms, heap_mb)


def show(context: BrowserContext, name: str, address: str, rounds: int) -> None:
    found = [visit(context, address) for _ in range(rounds)]
    usable, script, heap = (
        statistics.median(getattr(one, part) for one in found) for part in ("usable_s", "script_ms", "heap_mb")
    )
    print(f"| {name} | {usable:.2f} | {script:.1f} | {heap:.0f} |", flush=True)


def sign_in(context: BrowserContext, email: str, password: str) -> None:
    page = context.new_page()
    page.goto("/signin")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/apps")
    page.close()


def measure(base_url: str, email: str, password: str, pages: Sequence[tuple[str, str]], rounds: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=base_url, viewport={"width": 1440, "height": 900})
        sign_in(context, email, password)
        print("| nodes | usable, s | scripts for a move, ms | heap, MB |\n|---|---|---|---|")
        for name, address in pages:
            show(context, name, address, rounds)
        browser.close()


def measure_own(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        product = new_product(Path(folder), DEMO="1")
        try:
            product.until(product.is_healthy)
            apps = {size: product.command("app_import", str(app_file(Path(folder), size)))["app_id"] for size in SIZES}
            pages = [(str(size), f"/apps/{app}/canvas") for size, app in apps.items()]
            measure(product.url, "bench@example.org", "bench-Password-1", pages, rounds)
        finally:
            product.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", help="the canvas of an app, as a whole address")
    parser.add_argument("--email", default="")
    parser.add_argument("--password", default="")
    given = parser.parse_args()
    if given.page:
        measure(given.page.partition("/apps/")[0], given.email, given.password, [("", given.page)], given.rounds)
    else:
        measure_own(given.rounds)


if __name__ == "__main__":
    main()
