"""What ten turns of history cost: CPU of the first and of the eleventh turn of a conversation, one caller.

python bench/history.py [--conversations 100]
"""

import argparse
import json
from urllib.request import Request, urlopen

import psutil
from product import running

TURNS = 11


def cpu_s(pid: int) -> float:
    """Processor seconds of a process and of its children, those that ended included."""
    process = psutil.Process(pid)
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def ask(url: str, token: str, conversation_id: str) -> str:
    body = {"inputs": {}, "query": "hello", "user": "ada", "conversation_id": conversation_id}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{url}/v1/chat-messages", json.dumps(body).encode(), headers)) as answer:
        return str(json.load(answer)["conversation_id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100)
    count = parser.parse_args().conversations
    with running() as bench:
        url, token = bench.product.url, bench.chat_key("fake")
        pids = [bench.pid("dify_project.web"), bench.pid("postgres")]
        for _ in range(20):
            ask(url, token, "")
        conversations, costs = [""] * count, []
        for _ in range(TURNS):
            before = sum(map(cpu_s, pids))
            conversations = [ask(url, token, conversation) for conversation in conversations]
            costs.append((sum(map(cpu_s, pids)) - before) * 1000 / count)
    print("| turn | CPU ms (web + Postgres) |\n|---|---|")
    for turn in (1, 2, 6, TURNS):
        print(f"| {turn} | {costs[turn - 1]:.2f} |")
    print(f"\nThe eleventh costs {costs[-1] / costs[0]:.2f} times the first.")


if __name__ == "__main__":
    main()
