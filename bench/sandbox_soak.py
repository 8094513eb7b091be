"""A long mixed load on the sandbox: honest runs that may not fail, then hostile ones that may not leave anything.

    python bench/sandbox_soak.py [--honest 10000] [--mixed 20000] [--clients 4]

Ends with code 1 if an honest run failed, a hostile one got a result, or memory, descriptors or processes grew.
"""

import argparse
import collections
import http.client
import itertools
import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from sandbox_process import KEY, start

GROWTH = 1.10

HONEST = {
    "python": ("python3", "def main(x):\n    return {'y': x + 1}", lambda answer, x: answer["result"] == {"y": x + 1}),
    "json": (
        "python3",
        "import json, re, hashlib\ndef main(x):\n    return {'y': json.loads(json.dumps([x]))[0], 'h': hashlib.md5(str(x).encode()).hexdigest(), 'r': re.sub('1', '2', str(x))}",
        lambda answer, x: answer["result"]["y"] == x,
    ),
    "dates": (
        "python3",
        "import datetime, zoneinfo, decimal, random\ndef main(x):\n    return {'y': str(datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset()), 'd': str(decimal.Decimal(x) / 2), 'r': random.random()}",
        lambda answer, x: answer["result"]["y"] == "1:00:00",
    ),
    "async": (
        "python3",
        "import asyncio\nasync def main(x):\n    await asyncio.sleep(0)\n    return {'y': x}",
        lambda answer, x: answer["result"] == {"y": x},
    ),
    "threads": (
        "python3",
        "import concurrent.futures\ndef main(x):\n    with concurrent.futures.ThreadPoolExecutor(2) as pool:\n        return {'y': sum(pool.map(int, [x, x]))}",
        lambda answer, x: answer["result"] == {"y": 2 * x},
    ),
    "jinja2": (
        "jinja2",
        "{% for i in range(3) %}{{ x }}{% endfor %}",
        lambda answer, x: answer["result"] == str(x) * 3,
    ),
    "javascript": (
        "javascript",
        "function main({x}) { return {y: x + 1}; }",
        lambda answer, x: answer["result"] == {"y": x + 1},
    ),
}
HONEST_WEIGHTS = {"python": 40, "json": 15, "dates": 10, "async": 10, "threads": 5, "jinja2": 15, "javascript": 5}
HOSTILE = {
    "spin": ("python3", "def main(x):\n    while True: pass", 0.3),
    "close and spin": ("python3", "import os\ndef main(x):\n    os.closerange(0, 64)\n    while True: pass", 0.5),
    "memory": ("python3", "def main(x):\n    a = []\n    while True: a.append(bytearray(1 << 20))", 2),
    "output": ("python3", "def main(x):\n    while True: print('x' * 10000)", 2),
    "result": ("python3", "def main(x):\n    return {'y': 'z' * (20 << 20)}", 2),
    "crash": ("python3", "import ctypes\ndef main(x):\n    ctypes.string_at(0)", 2),
    "fork": ("python3", "import os\ndef main(x):\n    while True: os.fork()", 2),
    "threads": (
        "python3",
        "import threading, time\ndef main(x):\n    while True: threading.Thread(target=time.sleep, args=(9,)).start()",
        0.5,
    ),
    "node spin": ("javascript", "function main() { for (;;); }", 0.3),
    "node memory": ("javascript", "function main() { const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1)); }", 2),
    "template": ("jinja2", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", 0.3),
    "leave": ("python3", "import time\ndef main(x): time.sleep(5)", 6),
}


class Soak:
    def __init__(self, url: str, clients: int) -> None:
        self._netloc, self._clients = urlsplit(url).netloc, clients
        self.failures: list[str] = []
        self.counts: collections.Counter[str] = collections.Counter()

    def run(self, count: int, hostile_share: float) -> None:
        numbers = itertools.count()
        threads = [
            threading.Thread(target=self._client, args=[numbers, count, hostile_share]) for _ in range(self._clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, numbers, count: int, hostile_share: float) -> None:
        chance = random.Random(next(numbers))
        while (number := next(numbers)) < count:
            if chance.random() < hostile_share:
                self._hostile(chance.choice(list(HOSTILE)))
            else:
                self._honest(chance.choices(list(HONEST_WEIGHTS), HONEST_WEIGHTS.values())[0], number)

    def _honest(self, name: str, x: int) -> None:
        language, code, is_right = HONEST[name]
        answer = self._ask(language, code, {"x": x}, 10)
        self.counts[name] += 1
        if "result" not in answer or not is_right(answer, x):
            self.failures.append(f"{name} {x}: {json.dumps(answer)[:300]}")

    def _hostile(self, name: str) -> None:
        language, code, timeout = HOSTILE[name]
        answer = self._ask(language, code, {"x": 1}, timeout, leave_s=0.05 if name == "leave" else 0)
        self.counts[f"hostile {name}"] += 1
        if "result" in answer:
            self.failures.append(f"hostile {name}: {json.dumps(answer)[:300]}")

    def _ask(self, language: str, code: str, inputs: dict, timeout: float, leave_s: float = 0) -> dict:
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        body = json.dumps({"language": language, "code": code, "inputs": inputs, "timeout": timeout})
        try:
            connection.request("POST", "/v1/run", body, {"X-Api-Key": KEY})
            if leave_s:
                time.sleep(leave_s)
                return {}
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return {"error": repr(error)}
        finally:
            connection.close()


def state(pid: int) -> dict[str, int]:
    """Of the service and its fork server: memory, descriptors; and how many processes there are."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    found = {"processes": 1 + len(children)}
    for name, one in (("service", pid), ("server", children[0])):
        found[f"{name} kB"] = int(Path(f"/proc/{one}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        found[f"{name} descriptors"] = len(list(Path(f"/proc/{one}/fd").iterdir()))
    grandchildren = Path(f"/proc/{children[0]}/task/{children[0]}/children").read_text().split()
    return {**found, "workers": len(grandchildren), "files in /tmp": len(list(Path("/tmp").iterdir()))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--honest", type=int, default=10_000)
    parser.add_argument("--mixed", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=4)
    args = parser.parse_args()
    process, url = start()
    try:
        soak = Soak(url, args.clients)
        soak.run(300, 0.05)  # what the first runs load and the allocator keeps is not growth
        soak.failures.clear()
        time.sleep(3)
        before = state(process.pid)
        print("before:", before, flush=True)
        for name, count, share in (("honest", args.honest, 0.0), ("mixed", args.mixed, 0.05)):
            begun = time.monotonic()
            soak.run(count, share)
            elapsed = time.monotonic() - begun
            time.sleep(3)
            print(
                f"{name}: {count} runs in {elapsed:.0f} s, {len(soak.failures)} failures, load {os.getloadavg()[0]:.1f}"
            )
            print("after:", state(process.pid), flush=True)
        after = state(process.pid)
        print(dict(soak.counts))
        grown = [key for key in ("service kB", "server kB") if after[key] > before[key] * GROWTH]
        grown += [
            key
            for key in ("processes", "workers", "service descriptors", "server descriptors")
            if after[key] > before[key] + 2
        ]
        print("\n".join([*soak.failures[:20], *(f"grown: {key}" for key in grown)]) or "nothing failed, nothing grew")
        sys.exit(bool(soak.failures or grown))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
