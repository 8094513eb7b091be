"""The sandbox through HTTP, beside a cold interpreter: latency, rate, memory.

    python bench/sandbox.py [--seconds 5] [--url http://127.0.0.1:8194 --key KEY]

Starts a sandbox of its own on a free port unless `--url` names one, and prints a table for bench/sandbox.md. Clients
share the machine with the service; the load average before each row is printed, since figures mean little without it.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from sandbox_process import KEY, start

PYTHON = {"language": "python3", "code": "def main(x):\n    return {'result': x + 1}", "inputs": {"x": 1}}
SCRIPT = "function main({x}) { return {result: x + 1}; }"
JAVASCRIPT = {"language": "javascript", "code": SCRIPT, "inputs": {"x": 1}}
TEMPLATE = "Dear {{ name }},\n{% for item in items %}- {{ item }}\n{% endfor %}"
INPUTS = {"name": "Ada", "items": ["one", "two", "three"]}
JINJA = {"language": "jinja2", "code": TEMPLATE, "inputs": INPUTS}


class Clients:
    """Callers that ask one after another, each on its own connection."""

    def __init__(self, url: str, key: str, path: str, body: dict, *, count: int, pause_s: float = 0) -> None:
        self._netloc, self._path, self._count, self._pause_s = urlsplit(url).netloc, path, count, pause_s
        self._body = json.dumps(body).encode()
        self._headers = {"X-Api-Key": key, "Content-Type": "application/json"}
        self.latencies: list[float] = []
        self.failures = 0

    def run(self, seconds: float) -> float:
        self._until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._client) for _ in range(self._count)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - begun

    def _client(self) -> None:
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        while time.monotonic() < self._until:
            begun = time.perf_counter()
            connection.request("POST", self._path, self._body, self._headers)
            response = connection.getresponse()
            answer = response.read()
            self.latencies.append(time.perf_counter() - begun)
            if response.status != 200 or b'"error":' in answer:
                self.failures += 1
            if self._pause_s:
                time.sleep(self._pause_s)


def measure(url: str, key: str, name: str, body: dict, seconds: float, *, count: int, pause_s: float = 0) -> None:
    path = "/v1/batch" if "jobs" in body else "/v1/run"
    Clients(url, key, path, body, count=count).run(min(1.0, seconds))
    load = os.getloadavg()[0]
    clients = Clients(url, key, path, body, count=count, pause_s=pause_s)
    elapsed = clients.run(seconds)
    jobs = len(body.get("jobs", [1]))
    row(name, count, clients.latencies, elapsed, load, clients.failures, jobs)


def row(name: str, count: int, latencies: list, elapsed: float, load: float, failures: int, jobs: int = 1) -> None:
    latencies.sort()
    p50, p95 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.95))
    rate = len(latencies) * jobs / elapsed
    print(f"| {name} | {count} | {p50:.1f} | {p95:.1f} | {rate:.0f} | {failures} | {load:.1f} |", flush=True)


def cold(name: str, command: list[str], seconds: float) -> None:
    """A process per run without any walls, one caller: the floor of designs that start an interpreter."""
    latencies, begun, load = [], time.monotonic(), os.getloadavg()[0]
    while time.monotonic() < begun + seconds:
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        latencies.append(time.perf_counter() - started)
    row(name, 1, latencies, time.monotonic() - begun, load, 0)


def memory(pid: int) -> None:
    pids = [pid]
    for parent in pids:
        pids += [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    total = 0
    for one in pids:
        sizes = dict(line.split(":") for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:])
        pss, name = int(sizes["Pss"].split()[0]), Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
        total += pss
        print(f"  {pss / 1024:6.1f} MB PSS  {' '.join(part.decode() for part in name[:6])[:60]}")
    print(f"  {total / 1024:6.1f} MB PSS  in all")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--url", default="")
    parser.add_argument("--key", default=KEY)
    args = parser.parse_args()
    process, url = (None, args.url) if args.url else start()
    if process:
        time.sleep(1)
        print("idle:")
        memory(process.pid)
    print("| what | clients | p50 ms | p95 ms | runs/s | failures | load before |\n|---|---|---|---|---|---|---|")
    try:
        for count in (1, 4):
            measure(url, args.key, "Python", PYTHON, args.seconds, count=count)
        for count in (1, 4):
            measure(url, args.key, "Jinja2", JINJA, args.seconds, count=count)
        jobs = [{"code": f"{number}: {TEMPLATE}", "inputs": INPUTS} for number in range(500)]
        measure(
            url,
            args.key,
            "Jinja2, batches of 500 different",
            {"language": "jinja2", "jobs": jobs},
            args.seconds,
            count=4,
        )
        jobs = [{"code": TEMPLATE, "inputs": INPUTS}] * 500
        measure(
            url, args.key, "Jinja2, batches of 500 alike", {"language": "jinja2", "jobs": jobs}, args.seconds, count=4
        )
        for count in (1, 4):
            measure(
                url, args.key, "JavaScript, at most 15/s", JAVASCRIPT, args.seconds, count=count, pause_s=count / 15
            )
        measure(url, args.key, "JavaScript, saturated", JAVASCRIPT, args.seconds, count=4)
        cold("cold python3 -c", [sys.executable, "-I", "-c", "print({'result': 2})"], args.seconds)
        cold(
            "cold python3 with jinja2",
            [sys.executable, "-c", f"import jinja2; print(jinja2.Template({TEMPLATE!r}).render({INPUTS!r}))"],
            args.seconds,
        )
        cold("cold node -e", ["node", "-e", "console.log({result: 2})"], args.seconds)
        if process:
            print("after:")
            memory(process.pid)
    finally:
        if process:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
