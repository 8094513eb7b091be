"""CPU per chat request: a stored answer of 50 chunks, against a bare pass-through in the same run.

python bench/chat.py [--rounds 3] [--quick]
"""

import argparse
import json
import statistics
import subprocess
import sys

from product import MODELS, ROOT, running

OUT = ROOT / "bench" / "out"
# name, model, streamed, concurrency, requests
CELLS = [
    ("streamed burst", "fake", True, 1, 150),
    ("streamed burst", "fake", True, 10, 400),
    ("streamed burst", "fake", True, 50, 500),
    ("streamed paced", "gen-50-20", True, 10, 120),
    ("streamed paced", "gen-50-20", True, 50, 300),
    ("blocking", "fake", False, 1, 150),
    ("blocking", "fake", False, 10, 400),
    ("blocking", "fake", False, 50, 500),
]
TARGETS = {
    ("streamed burst", 10): 6, ("streamed burst", 50): 6, ("streamed paced", 50): 8,
    ("blocking", 1): 4, ("blocking", 10): 4, ("blocking", 50): 4,
}  # fmt: skip


def load(url: str, body: dict, *, streamed: bool, concurrency: int, requests: int, pids: dict[str, int], **more):
    """One cell of load.py; returns its report."""
    arguments = [
        sys.executable, "bench/load.py", "--url", url, "--body", json.dumps(body),
        "--mode", "sse" if streamed else "json", "--concurrency", str(concurrency), "--requests", str(requests),
    ]  # fmt: skip
    for name, pid in pids.items():
        arguments += ["--pids", f"{name}={pid}"]
    for name, value in more.items():
        arguments += [f"--{name}", value]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def measure(rounds: int, scale: float) -> list[dict]:
    with running() as bench:
        tokens = {model: bench.chat_key(model) for model in MODELS}
        pids = {"web": bench.pid("dify_project.web"), "pg": bench.pid("postgres")}
        rows = []
        for name, model, streamed, concurrency, requests in CELLS:
            count = max(concurrency, int(requests * scale))
            ours, bare = [], []
            for _ in range(rounds):
                body = {
                    "inputs": {},
                    "query": "hello {i}",
                    "user": "u{w}",
                    "response_mode": "streaming" if streamed else "blocking",
                }
                ours.append(load(
                    f"{bench.product.url}/v1/chat-messages", body, streamed=streamed, concurrency=concurrency,
                    requests=count, pids=pids, header=f"Authorization: Bearer {tokens[model]}",
                    expect="message_end" if streamed else "total_tokens",
                ))  # fmt: skip
                body = {"model": model, "stream": streamed, "messages": [{"role": "user", "content": "hello {i}"}]}
                bare.append(load(
                    bench.floor_url, body, streamed=streamed, concurrency=concurrency, requests=count,
                    pids={"floor": bench.floor_pid}, expect="DONE" if streamed else "usage",
                ))  # fmt: skip
            rows.append(row(name, concurrency, ours, bare))
            print(line(rows[-1]), flush=True)
        return rows


def row(name: str, concurrency: int, ours: list[dict], bare: list[dict]) -> dict:
    web = statistics.median(report["cpu_ms"]["web"] for report in ours)
    pg = statistics.median(report["cpu_ms"]["pg"] for report in ours)
    total = statistics.median(report["cpu_ms"]["web"] + report["cpu_ms"]["pg"] for report in ours)
    floor = statistics.median(report["cpu_ms"]["floor"] for report in bare)
    return {
        "case": name, "concurrency": concurrency, "total_ms": total, "web_ms": web, "postgres_ms": pg,
        "floor_ms": floor, "ratio": total / floor, "target_ms": TARGETS.get((name, concurrency)),
        "errors": sum(report["errors"] for report in ours), "requests": sum(report["requests"] for report in ours),
        "rps": statistics.median(report["rps"] for report in ours),
        "p50_ms": statistics.median(report["p50"] for report in ours if report["p50"]),
        "p95_ms": statistics.median(report["p95"] for report in ours if report["p95"]),
        "other_cores": statistics.median(report["other_cpu_cores"] for report in ours),
        "pss_mib": ours[-1]["pss_mib"],
        "sample_error": next((item["sample_error"] for item in ours if "sample_error" in item), None),
    }  # fmt: skip


HEAD = (
    "| case | c | CPU ms (web + Postgres) | target | floor ms | ratio | rps | p50 / p95 ms | errors |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def line(row: dict) -> str:
    target = row["target_ms"] or ""
    return (
        f"| {row['case']} | {row['concurrency']} "
        f"| {row['total_ms']:.2f} ({row['web_ms']:.2f} + {row['postgres_ms']:.2f}) "
        f"| {target} | {row['floor_ms']:.2f} | {row['ratio']:.1f} | {row['rps']:.0f} "
        f"| {row['p50_ms']:.0f} / {row['p95_ms']:.0f} | {row['errors']} of {row['requests']} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a fifth of the requests, one round")
    options = parser.parse_args()
    print(HEAD)
    rows = measure(1, 0.2) if options.quick else measure(options.rounds, 1)
    OUT.mkdir(exist_ok=True)
    (OUT / "chat.json").write_text(json.dumps(rows, indent=1))
    sys.exit(any(row["errors"] for row in rows))


if __name__ == "__main__":
    main()
