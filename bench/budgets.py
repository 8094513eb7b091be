"""What budgets cost a turn: CPU of the same chat without a budget, and with budgets that warn and that stop.

python bench/budgets.py [--rounds 5]
"""

import argparse
import json
import statistics

import psycopg
from chat import OUT, load
from product import Bench, running

PRICES = '{"prices": {"prompt": "0.001", "completion": "0.002"}}'
BUDGET = """
    insert into billing_budget (id, workspace_id, scope, period, limit_usd, warn_percent, action, is_enabled,
        created_at, updated_at)
    select gen_random_uuid(), w.id, scope, period, 1000000, 80, %s, true, now(), now()
    from workspaces_workspace w, unnest(%s::text[], %s::text[]) as b(scope, period)
"""
# name, action, budgets as (scope, period)
CASES = [
    ("none", "stop", []),
    ("one that warns", "warn", [("workspace", "month")]),
    ("one that stops", "stop", [("workspace", "month")]),
    ("four that stop", "stop", [("workspace", "day"), ("workspace", "month"), ("app", "day"), ("end_user", "day")]),
]
REQUESTS = {1: 1000, 10: 1500, 50: 1500}


def write(bench: Bench, *statements: tuple[str, list[object]]) -> None:
    where = f"postgresql://postgres@/parley?host={bench.product.storage}/postgres"
    with psycopg.connect(where) as connection:
        for statement, values in statements:
            connection.execute(statement, values)
        connection.execute("select pg_notify('parley', 'budgets:' || id) from workspaces_workspace")


def set_budgets(bench: Bench, action: str, budgets: list[tuple[str, str]]) -> None:
    scopes, periods = [scope for scope, _ in budgets], [period for _, period in budgets]
    emptied = [(f"delete from billing_{table}", []) for table in ("budgetspend", "budget")]
    write(bench, *emptied, (BUDGET, [action, scopes, periods]))


def measure(rounds: int) -> list[dict]:
    with running() as bench:
        write(bench, ("update models_workspacemodel set properties = properties || %s::jsonb", [PRICES]))
        token, pids = bench.chat_key("fake"), {"web": bench.pid("dify_project.web"), "pg": bench.pid("postgres")}
        body = {"inputs": {}, "query": "hello {i}", "user": "u{w}", "response_mode": "streaming"}
        found: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for _ in range(rounds):  # cases by turns: what else runs on the machine meets all of them
            for concurrency, requests in REQUESTS.items():
                for name, action, budgets in CASES:
                    set_budgets(bench, action, budgets)
                    report = load(
                        f"{bench.product.url}/v1/chat-messages", body, streamed=True, concurrency=concurrency,
                        requests=requests, pids=pids, header=f"Authorization: Bearer {token}", expect="message_end",
                    )  # fmt: skip
                    if report["errors"]:
                        raise SystemExit(f"{name}: {report['errors']} errors")
                    cpu = report["cpu_ms"]
                    found.setdefault((name, concurrency), []).append((cpu["web"], cpu["pg"]))
        base = {at: sum(medians(found["none", at])) for at in REQUESTS}
        return [row(name, at, medians(cells), base[at]) for (name, at), cells in found.items()]


def medians(cells: list[tuple[float, float]]) -> tuple[float, float]:
    web, postgres = (statistics.median(column) for column in zip(*cells, strict=True))
    return web, postgres


def row(name: str, concurrency: int, cell: tuple[float, float], base_ms: float) -> dict:
    web, postgres = cell
    more = web + postgres - base_ms
    return {"budgets": name, "concurrency": concurrency, "web_ms": web, "postgres_ms": postgres, "more_ms": more}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rows = measure(parser.parse_args().rounds)
    print("| budgets | c | CPU ms (web + Postgres) | more than without |\n|---|---|---|---|")
    for one in rows:
        total = one["web_ms"] + one["postgres_ms"]
        print(
            f"| {one['budgets']} | {one['concurrency']} | {total:.2f} ({one['web_ms']:.2f} + {one['postgres_ms']:.2f}) "
            f"| {one['more_ms']:+.2f} |"
        )
    OUT.mkdir(exist_ok=True)
    (OUT / "budgets.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
