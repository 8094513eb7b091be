"""A long mixed load of chats; looks for growth of memory, descriptors and connections.

    python bench/soak.py [--messages 10000]

Every tenth stream is left by its reader, every tenth is stopped, the rest end. After each tenth of the messages the
web process is measured; the run fails when memory still grows in the second half, when a descriptor or a connection
is left over, or when a message is without a terminal state.
"""

import argparse
import asyncio
import contextlib
import json
import sys

import aiohttp
import psutil
from product import Product, running, sql

CONCURRENCY = 20
GROWTH_MIB_PER_1000 = 5.0


async def one(session: aiohttp.ClientSession, url: str, number: int) -> None:
    body = {"inputs": {}, "query": f"hello {number}", "user": f"u{number % 50}", "response_mode": "streaming"}
    async with session.post(f"{url}/v1/chat-messages", json=body) as answer:
        seen = 0
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            seen += 1
            if seen == 5 and number % 10 == 0:
                return  # a reader who leaves
            if seen == 5 and number % 10 == 1:
                task_id = json.loads(line[6:])["task_id"]
                stop = session.post(f"{url}/v1/chat-messages/{task_id}/stop", json={"user": body["user"]})
                async with stop as stopped:
                    await stopped.read()


async def load(url: str, token: str, numbers: range) -> int:
    """Runs the messages; returns how many failed."""
    waiting, failed = iter(numbers), 0
    headers = {"Authorization": f"Bearer {token}"}

    async def worker(session: aiohttp.ClientSession) -> None:
        nonlocal failed
        for number in waiting:
            try:
                await one(session, url, number)
            except (aiohttp.ClientError, TimeoutError):
                failed += 1

    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(worker(session) for _ in range(CONCURRENCY)))
    return failed


def state(product: Product, web: psutil.Process) -> dict:
    [(running_count, messages, stuck)] = sql(
        product,
        "select count(*) filter (where status = 'running'), count(*),"
        " (select count(*) from pg_stat_activity where state like 'idle in transaction%') from logs_message",
    )
    return {
        "rss_mib": round(web.memory_info().rss / 2**20, 1),
        "descriptors": web.num_fds(),
        "threads": web.num_threads(),
        "messages": messages,
        "running": running_count,
        "idle_in_transaction": stuck,
    }


def verdict(before: dict, half: dict, after: dict, messages: int, failed: int) -> list[str]:
    """What went wrong, in sentences."""
    growth = (after["rss_mib"] - half["rss_mib"]) / (messages / 2000)
    checks = {
        f"{failed} requests failed": failed > 0,
        f"memory grew by {growth:.1f} MiB per 1,000 messages": growth > GROWTH_MIB_PER_1000,
        f"descriptors went from {before['descriptors']} to {after['descriptors']}": (
            after["descriptors"] > before["descriptors"] + 10
        ),
        f"{after['running']} runs have no end": after["running"] > 0,
        f"{after['idle_in_transaction']} connections idle in a transaction": after["idle_in_transaction"] > 0,
    }
    return [sentence for sentence, wrong in checks.items() if wrong]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    messages = parser.parse_args().messages
    with running() as bench:
        product, token = bench.product, bench.chat_key("fake")
        web = psutil.Process(bench.pid("dify_project.web"))
        asyncio.run(load(product.url, token, range(500)))  # pools, caches and lazy imports are part of no leak
        before, failed, step = state(product, web), 0, messages // 10
        print(json.dumps(before), flush=True)
        half = before
        for part in range(10):
            failed += asyncio.run(load(product.url, token, range(part * step, (part + 1) * step)))
            after = state(product, web)
            print(json.dumps(after), flush=True)
            half = after if part == 4 else half
        with contextlib.suppress(TimeoutError):
            asyncio.run(settle(product, web))
        after = state(product, web)
    problems = verdict(before, half, after, messages, failed)
    print(json.dumps({"after": after, "problems": problems}))
    sys.exit(bool(problems))


async def settle(product: Product, web: psutil.Process) -> None:
    """Waits for the runs whose readers left."""
    async with asyncio.timeout(90):
        while state(product, web)["running"] or web.num_fds() > 60:
            await asyncio.sleep(1)


if __name__ == "__main__":
    main()
