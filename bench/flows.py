"""CPU per run of a workflow: web tree, Postgres and sandbox together.

python bench/flows.py [--rounds 3] [--quick]
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from chat import load
from product import Bench, running

from tests.workflows.flows import edges, node

ITEMS = 1_000
LIST = "def main(n):\n    return {'items': list(range(n))}"
PASS = "def main(x):\n    return {'y': x}"
BIG = {
    "cases": [
        {
            "case_id": "big",
            "logical_operator": "and",
            "conditions": [{"variable_selector": ["start", "n"], "comparison_operator": ">", "value": "10"}],
        }
    ]
}
NUMBER = {"type": "number", "variable": "n", "label": "n", "required": True}
FAKE = {"provider": "openai_api_compatible", "name": "fake", "mode": "chat", "completion_params": {}}


def start() -> dict[str, Any]:
    return node("start", "start", variables=[NUMBER])


def end(*selector: str) -> dict[str, Any]:
    return node("end", "end", outputs=[{"variable": "out", "value_selector": list(selector)}])


def branch() -> tuple[list[dict[str, Any]], list[str]]:
    """start -> if-else -> end."""
    return [start(), node("if", "if-else", **BIG), end("start", "n")], [
        "start -> if",
        "if:big -> end",
        "if:false -> end",
    ]


def three_branches() -> tuple[list[dict[str, Any]], list[str]]:
    """Ten nodes: three branches of two nodes side by side, then one that joins them."""
    nodes, ways = [start(), node("first", "variable-aggregator", variables=[["start", "n"]])], ["start -> first"]
    for name in ("a", "b", "c"):
        nodes += [
            node(f"{name}1", "if-else", **BIG),
            node(f"{name}2", "variable-aggregator", variables=[["start", "n"]]),
        ]
        ways += [f"first -> {name}1", f"{name}1:big -> {name}2", f"{name}2 -> join"]
    join = node("join", "variable-aggregator", variables=[["a2", "output"], ["b2", "output"], ["c2", "output"]])
    return [*nodes, join, end("join", "output")], [*ways, "join -> end"]


def rounds_of(
    inner: Sequence[dict[str, Any]], ways: Sequence[str], *output: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """A list of a thousand items, and an iteration over it."""
    items = node(
        "items", "code", code_language="python3", code=LIST, outputs={"items": {"type": "array[number]"}},
        variables=[{"variable": "n", "value_selector": ["start", "n"]}],
    )  # fmt: skip
    it = node(
        "it", "iteration", iterator_selector=["items", "items"], output_selector=list(output), start_node_id="its"
    )
    inside = [node("its", "iteration-start", inside="it"), *inner]
    return [start(), items, it, *inside, end("it", "output")], ["start -> items", "items -> it", "it -> end", *ways]


def branches_in_rounds() -> tuple[list[dict[str, Any]], list[str]]:
    case = {"variable_selector": ["it", "item"], "comparison_operator": ">", "value": "10"}
    cases = {"cases": [{"case_id": "big", "logical_operator": "and", "conditions": [case]}]}
    inner = [
        node("if", "if-else", inside="it", **cases),
        node("one", "variable-aggregator", inside="it", variables=[["it", "item"]]),
    ]
    return rounds_of(inner, ["its -> if", "if:big -> one", "if:false -> one"], "one", "output")


def templates_in_rounds() -> tuple[list[dict[str, Any]], list[str]]:
    variables = [{"variable": "item", "value_selector": ["it", "item"]}]
    inner = [node("text", "template-transform", inside="it", template="Item {{ item }}", variables=variables)]
    return rounds_of(inner, ["its -> text"], "text", "output")


def talk() -> tuple[list[dict[str, Any]], list[str]]:
    """A chatflow with one model."""
    prompt = [{"role": "user", "text": "{{#sys.query#}}"}]
    nodes = [
        node("start", "start"), node("write", "llm", model=FAKE, prompt_template=prompt),
        node("answer", "answer", answer="{{#write.text#}}"),
    ]  # fmt: skip
    return nodes, ["start -> write", "write -> answer"]


# name, flow, mode, concurrency, runs, items, target in ms (of CPU, or of latency where said)
CELLS = [
    ("start, if-else, end, blocking", branch, "workflow", 1, 300, 20, 5),
    ("start, if-else, end, blocking", branch, "workflow", 10, 600, 20, 5),
    ("10 nodes, 3 branches", three_branches, "workflow", 1, 200, 20, 12),
    ("1,000 items, if-else + aggregator", branches_in_rounds, "workflow", 1, 5, ITEMS, 1_000),
    ("1,000 items, template", templates_in_rounds, "workflow", 1, 5, ITEMS, 2_500),
    ("chatflow, 50 chunks streamed", talk, "advanced-chat", 10, 400, 0, 9),
    ("100 trivial flows at once, p95 of latency", branch, "workflow", 100, 1_000, 20, 800),
]


def key_of(bench: Bench, name: str, mode: str, nodes: Sequence[Mapping[str, Any]], ways: Sequence[str]) -> str:
    """Publishes the flow; returns a key of its app."""
    file = bench.folder / f"{name}.yml"
    graph = {"graph": {"nodes": list(nodes), "edges": edges(*ways)}, "features": {}}
    file.write_text(
        yaml.safe_dump({"app": {"name": name, "mode": mode}, "kind": "app", "version": "0.1.5", "workflow": graph})
    )
    app_id = bench.product.command("app_import", str(file), "--publish")["app_id"]
    return str(bench.product.command("app_key", app_id)["token"])


def measure(rounds: int, scale: float) -> bool:
    """One line of the table for each cell; whether all runs went well."""
    print(
        "| case | c | CPU ms (web + Postgres + sandbox) | target | p50 / p95 ms | errors |\n|---|---|---|---|---|---|"
    )
    is_well = True
    with running() as bench:
        pids = {part: bench.pid(word) for part, word in
                {"web": "dify_project.web", "pg": "postgres", "sandbox": "sandbox"}.items()}  # fmt: skip
        for name, make, mode, concurrency, runs, items, target in CELLS:
            token = key_of(bench, make.__name__, mode, *make())
            body: dict[str, Any] = {"inputs": {"n": items}, "user": "u{w}", "response_mode": "blocking"}
            is_chat = mode == "advanced-chat"
            if is_chat:
                body = {"inputs": {}, "user": "u{w}", "query": "hello {i}", "response_mode": "streaming"}
            path = "chat-messages" if is_chat else "workflows/run"
            expect = "message_end" if is_chat else '"error": null, "elapsed_time"'
            reports = [
                load(
                    f"{bench.product.url}/v1/{path}", body, streamed=is_chat, concurrency=concurrency,
                    requests=max(concurrency, int(runs * scale)), pids=pids,
                    header=f"Authorization: Bearer {token}", expect=expect,
                )
                for _ in range(rounds)
            ]  # fmt: skip
            print(line(name, concurrency, target, reports), flush=True)
            is_well = is_well and not any(report["errors"] for report in reports)
    return is_well


def line(name: str, concurrency: int, target: int, reports: Sequence[Mapping[str, Any]]) -> str:
    cpu = {part: statistics.median(report["cpu_ms"][part] for report in reports) for part in ("web", "pg", "sandbox")}
    parts = " + ".join(f"{value:.2f}" for value in cpu.values())
    if wrong := next((report["sample_error"] for report in reports if report.get("sample_error")), None):
        print(wrong, file=sys.stderr)
    p50, p95 = (statistics.median(report[one] or 0 for report in reports) for one in ("p50", "p95"))
    errors, runs = (sum(report[one] for report in reports) for one in ("errors", "requests"))
    total = sum(cpu.values())
    return f"| {name} | {concurrency} | {total:.2f} ({parts}) | {target} | {p50:.0f} / {p95:.0f} | {errors} of {runs} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a fifth of the runs, one round")
    options = parser.parse_args()
    sys.exit(not (measure(1, 0.2) if options.quick else measure(options.rounds, 1)))


if __name__ == "__main__":
    main()
