"""Nothing of a run is left for the next one; and what honest code needs is there."""

import pytest

from .conftest import Sandbox

POISON = """
import builtins, json, random, sys, jinja2, math
def main():
    json.dumps = lambda *a, **k: '"poisoned"'
    builtins.len = lambda x: 666
    sys.modules['math'] = None
    math.pi = 3
    sys.poisoned = True
    jinja2.Template.render = lambda *a, **k: 'poisoned'
    random.seed(1)
    import threading, time
    threading.Thread(target=time.sleep, args=(60,)).start()
    return {'done': True}
"""
LOOK = """
import builtins, json, sys, math, threading
def main():
    return {'json': json.dumps([1]), 'len': len('ab'), 'pi': math.pi, 'sys': hasattr(sys, 'poisoned'), 'threads': threading.active_count()}
"""
CLEAN = {"json": "[1]", "len": 2, "pi": 3.141592653589793, "sys": False, "threads": 1}


def test_a_run_leaves_nothing_for_the_next(sandbox: Sandbox) -> None:
    for _ in range(10):
        assert sandbox.run("python3", POISON)["result"] == {"done": True}
        assert sandbox.run("python3", LOOK)["result"] == CLEAN
    assert sandbox.run("jinja2", "{{ x }}", {"x": 1})["result"] == "1"
    assert (
        sandbox.run("javascript", "function main() { globalThis.left = 1; Array.prototype.x = 1; return {}; }")[
            "result"
        ]
        == {}
    )
    script = "function main() { return {left: typeof left, x: [].x === undefined}; }"
    assert sandbox.run("javascript", script)["result"] == {"left": "undefined", "x": True}


def test_chance_differs_between_runs(sandbox: Sandbox) -> None:
    code = "import random, uuid, secrets\ndef main(): return {'r': [random.random(), str(uuid.uuid4()), secrets.token_hex()]}"
    results = [tuple(sandbox.run("python3", code)["result"]["r"]) for _ in range(5)]
    for column in zip(*results, strict=True):
        assert len(set(column)) == 5


HONEST = """
import json, re, math, datetime, random, hashlib, decimal, statistics, csv, io, zlib, base64, collections, itertools, uuid
import string, unicodedata, html, urllib.parse, difflib, sqlite3, xml.etree.ElementTree, asyncio, threading, ssl, socket
import ctypes, tempfile, logging, zoneinfo, concurrent.futures, heapq, functools, operator, textwrap, fractions, copy
import dataclasses, enum, typing, time, struct, bisect, hmac, secrets, queue, contextlib, inspect, pprint, calendar
@dataclasses.dataclass
class Point:
    x: "int"
def main(text):
    db = sqlite3.connect(":memory:")
    db.execute("create table a (b)")
    db.execute("insert into a values (1)")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda n: n * n, range(10)))
    async def wait():
        await asyncio.sleep(0)
        return await asyncio.to_thread(len, text)
    return {
        "zone": str(datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai")).utcoffset()),
        "strptime": datetime.datetime.strptime("2026-01-02", "%Y-%m-%d").year,
        "sum": str(decimal.Decimal("0.1") + decimal.Decimal("0.2")),
        "hash": hashlib.sha256(text.encode()).hexdigest()[:8],
        "blake": hashlib.blake2b(b"x").hexdigest()[:8],
        "rows": db.execute("select count(*) from a").fetchone()[0],
        "xml": xml.etree.ElementTree.fromstring("<a><b>1</b></a>").findtext("b"),
        "squares": sum(squares), "async": asyncio.run(wait()), "point": dataclasses.asdict(Point(1)),
        "csv": list(csv.reader(io.StringIO("a,b"))), "re": re.findall("[0-9]+", text), "idna": "münchen.de".encode("idna").decode(),
    }
"""


def test_honest_python(sandbox: Sandbox) -> None:
    result = sandbox.run("python3", HONEST, {"text": "abc 123"})
    assert "error" not in result, result
    assert result["result"]["zone"] == "8:00:00"
    assert result["result"]["squares"] == 285
    assert result["result"]["re"] == ["123"]


def test_honest_javascript(sandbox: Sandbox) -> None:
    code = """
    const crypto = require('crypto'), util = require('util'), zlib = require('zlib');
    async function main({text}) {
      await new Promise((done) => setTimeout(done, 1));
      return {
        hash: crypto.createHash('sha256').update(text).digest('hex').slice(0, 8), url: new URL('http://a/b?c=1').searchParams.get('c'),
        zip: zlib.gunzipSync(zlib.gzipSync(text)).toString(), intl: new Intl.NumberFormat('de-DE').format(1234.5),
        random: crypto.randomBytes(4).length, base64: Buffer.from(text).toString('base64'), uuid: crypto.randomUUID().length,
        date: new Date(0).toISOString(), regexp: [...text.matchAll(/\\d+/g)].length, scrypt: (await util.promisify(crypto.scrypt)('a', 'b', 8)).length,
      };
    }"""
    result = sandbox.run("javascript", code, {"text": "abc 123"})
    assert "error" not in result, result
    assert result["result"]["intl"] == "1.234,5"
    assert result["result"]["zip"] == "abc 123"


@pytest.mark.parametrize("number", range(3))
def test_workers_serve_once(sandbox: Sandbox, number: int) -> None:
    code = "function main() { const first = globalThis.seen === undefined; globalThis.seen = 1; return {first}; }"
    assert all(sandbox.run("javascript", code)["result"]["first"] for _ in range(5))
