"""CPU of the drivers of model providers: one streamed answer of 50 chunks, the fake of its protocol in another process.

python bench/drivers.py [--streams 300] [--rounds 3]
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from apps.common import perloop
from apps.models.catalogue import Provider, all_providers
from apps.models.contracts import ChatMessage, ChatRequest, Endpoint, ModelSpec, TextDelta
from apps.models.fake_servers import fake_servers, serving

REQUEST = ChatRequest([ChatMessage("user", "hello")], {"temperature": 0.5, "max_tokens": 100})
TARGETS_MS = {"openai": 1.5}
OTHERS_MS = 2.5
WITH_OWNER = {"huggingface", "replicate"}  # whose models have names of two parts
PROVIDERS = {  # of the drivers that several providers use, the one that is measured
    "openai": "openai",
    "huggingface": "huggingface_hub",
}


async def serve(key: str) -> None:
    """The fake, until its standard input ends."""
    async with serving(fake_servers.get(key)()) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def stream(provider: Provider, endpoint: Endpoint) -> None:
    spec = ModelSpec("org/plain" if provider.driver in WITH_OWNER else "plain", "llm")
    pieces = [piece async for piece in provider.make_driver().stream_chat(endpoint, spec, REQUEST)]
    texts = sum(isinstance(piece, TextDelta) for piece in pieces)
    if texts != 51:
        raise RuntimeError(f"{provider.key}: {texts} pieces of text came instead of 51.")


async def measure(provider: Provider, url: str, streams: int, rounds: int) -> float:
    """CPU milliseconds of this process per stream, median of the rounds."""
    values = dict(fake_servers.get(provider.driver)().credentials(url))
    endpoint = Endpoint(provider.key, provider.driver_options, values, private_allowed=True)
    await stream(provider, endpoint)
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(streams):
            await stream(provider, endpoint)
        times.append((time.process_time() - start) * 1000 / streams)
    await perloop.close_all()
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return
    by_driver = {provider.driver: provider for provider in all_providers().values()}
    by_driver |= {driver: all_providers()[key] for driver, key in PROVIDERS.items()}
    print("| driver | provider | CPU ms per stream | target |\n|---|---|---|---|")
    for driver, provider in sorted(by_driver.items()):
        if driver not in fake_servers or driver == "tei":
            continue
        command = [sys.executable, __file__, "--serve", driver]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as fake:
            assert fake.stdin
            assert fake.stdout
            url = fake.stdout.readline().strip()
            cost_ms = asyncio.run(measure(provider, url, options.streams, options.rounds))
            fake.stdin.close()
        print(f"| {driver} | {provider.key} | {cost_ms:.2f} | {TARGETS_MS.get(driver, OTHERS_MS)} |", flush=True)


if __name__ == "__main__":
    main()
