"""`kill -9` of each part while work is under way: everything ends in a terminal state, nothing twice."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import ready_made
from tests.fakes.upstream import Upstream
from tests.faults.running import publish_app, publish_flow, set_provider, sql
from tests.http import Client
from tests.supervisor.product import Product
from tests.workflows.flows import flow, node

pytestmark = pytest.mark.slow
IN_FLIGHT = 4 * 64
WORDS = ["harbour", "lantern", "compass", "orchard", "granite", "meadow", "timber", "falcon", "copper", "bridge"]


@pytest.fixture(scope="module")
def keeping():
    """A model server that remembers what it has embedded."""
    upstream = Upstream("--keep-texts", "--dim", "64", "--embed-ms", "50")
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def product(tmp_path_factory, keeping: Upstream):
    folder = tmp_path_factory.mktemp("kill")
    product = Product(
        ready_made(folder / "storage"),
        ADMIN_EMAIL="a@b.co",
        ADMIN_PASSWORD="correct horse 7",
        RUN_LEASE_S="3",
        INDEXING_LEASE_S="3",
    )
    product.until_up()
    embedding = [f"embed-{name}:text-embedding" for name in ("worker", "postgres", "calm")]
    set_provider(product, keeping.base_url, "gen-60-50:llm", *embedding)
    yield product
    product.stop()


@pytest.fixture(scope="module")
def client(product: Product, tmp_path_factory) -> Client:
    app_id = publish_app(product, tmp_path_factory.mktemp("app"), "gen-60-50")
    return Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)


def stream(client: Client, user: str) -> tuple[threading.Thread, list]:
    """Three seconds of an answer, read in a thread."""
    events: list = []

    def read() -> None:
        body = {"inputs": {}, "query": "Go", "user": user, "response_mode": "streaming"}
        try:
            events.extend(client.stream("/v1/chat-messages", body))
        except OSError:
            events.append({"event": "connection lost"})

    thread = threading.Thread(target=read)
    thread.start()
    return thread, events


def message_of(product: Product, user: str) -> tuple:
    """Status, error code and answer of the user's message; nothing before it is stored."""
    rows = sql(
        product,
        "select m.status, m.error_code, m.answer from logs_message m "
        f"join prompts_enduser u on u.id = m.end_user_id where u.session_id = '{user}'",
    )
    return rows[0] if rows else ()


def healthy(product: Product) -> bool:
    try:
        return product.is_healthy()
    except OSError:
        return False


@pytest.fixture(scope="module")
def flows(product: Product, tmp_path_factory) -> Client:
    """The key of a workflow: by its input a model that writes for three seconds, or a form."""
    field = {"type": "text-input", "variable": "way", "label": "Way", "required": True}
    asks = {"variable_selector": ["start", "way"], "comparison_operator": "is", "value": "ask"}
    model = {"provider": "openai_api_compatible", "name": "gen-60-50", "mode": "chat"}
    nodes = [
        node("start", "start", variables=[field]),
        node("if", "if-else", cases=[{"case_id": "asks", "logical_operator": "and", "conditions": [asks]}]),
        node("ask", "human-input", form_content="Go?", inputs=[], user_actions=[{"id": "yes", "title": "Yes"}]),
        node("write", "llm", model=model, prompt_template=[{"role": "user", "text": "Go"}]),
        node("end", "end", outputs=[{"variable": "said", "value_selector": ["ask", "__action_id"]}]),
    ]
    config = flow(nodes, "start -> if", "if:asks -> ask", "if:false -> write", "ask:yes -> end", "write -> end")
    app_id = publish_flow(product, tmp_path_factory.mktemp("flow"), "waits", config)
    return Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)


def run_flow(client: Client, way: str) -> Iterator:
    """The events of a run, as they come."""
    return client.stream("/v1/workflows/run", {"inputs": {"way": way}, "user": way, "response_mode": "streaming"})


def run_of(product: Product, run_id: str) -> tuple:
    """Status, error code, outputs, and how many nodes are stored."""
    return sql(
        product,
        "select r.status, r.error_code, r.outputs, (select count(*) from logs_noderun n where n.run_id = r.id) "
        f"from logs_workflowrun r where r.id = '{run_id}'",
    )[0]


def test_a_killed_web_server_leaves_no_run_without_an_end(product: Product, client: Client, flows: Client):
    reader, _ = stream(client, "web-victim")
    *_, asked, paused = run_flow(flows, "ask")
    told = (event for event in run_flow(flows, "write") if event["event"] == "node_started")
    broken = next(event for event in told if event["data"]["node_id"] == "write")["workflow_run_id"]
    product.until(lambda: message_of(product, "web-victim"))
    product.part("dify_project.web").send_signal(signal.SIGKILL)
    reader.join(30)
    product.until(lambda: message_of(product, "web-victim")[0] != "running", timeout_s=30)
    assert message_of(product, "web-victim")[:2] == ("error", "interrupted")
    product.until(lambda: run_of(product, broken)[0] != "running", timeout_s=30)
    assert run_of(product, broken)[:3] == ("failed", "interrupted", None)
    product.until(lambda: healthy(product), timeout_s=30)
    # Who waited for a person still does, and goes on in another process.
    waiting = paused["workflow_run_id"]
    assert run_of(product, waiting)[0] == "paused"
    answer = {"inputs": {}, "action": "yes", "user": "ask"}
    assert flows.post(f"/v1/form/human_input/{asked['data']['form_token']}", answer).status == 200
    product.until(lambda: run_of(product, waiting)[0] not in ("paused", "running"), timeout_s=30)
    assert run_of(product, waiting) == ("succeeded", "", {"said": "yes"}, 4)


def test_a_killed_database_costs_a_stream_nothing(product: Product, client: Client):
    reader, events = stream(client, "database-victim")
    product.until(lambda: message_of(product, "database-victim"))
    product.part("postgres").send_signal(signal.SIGKILL)
    reader.join(60)
    assert events[-1]["event"] == "message_end"
    status, _, answer = message_of(product, "database-victim")
    assert (status, answer) == ("normal", "".join(event.get("answer", "") for event in events))
    product.until(lambda: healthy(product), timeout_s=30)


def long_text(path: Path, lines: int) -> Path:
    """Text whose lines all differ, so that every segment is its own."""
    rows = (
        " ".join(WORDS[(number * step) % len(WORDS)] + str(number) for step in range(1, 40)) for number in range(lines)
    )
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize(("part", "model"), [("dify_project.worker", "embed-worker"), ("postgres", "embed-postgres")])
def test_a_document_survives_a_kill_with_each_segment_once(
    product: Product, keeping: Upstream, tmp_path: Path, part: str, model: str
):
    undisturbed, disturbed = base(product, f"Calm {part}", "embed-calm"), base(product, f"Storm {part}", model)
    path = long_text(tmp_path / "long.txt", 2500)
    product.command("knowledge_add", undisturbed, str(path), "--wait")
    keeping.reset()
    product.command("knowledge_add", disturbed, str(path))
    product.until(lambda: counts(product, disturbed)[1] > 0, timeout_s=30)
    product.part(part).send_signal(signal.SIGKILL)
    product.until(lambda: safe_status(product, disturbed) in {"completed", "error"}, timeout_s=90)
    assert safe_status(product, disturbed) == "completed"
    assert contents(product, disturbed) == contents(product, undisturbed)
    segments, embedded = counts(product, disturbed)
    assert segments == embedded == counts(product, undisturbed)[0]
    paid = sum(len(texts) for _, texts in keeping.embedded())
    # What was paid for outlives the database; with the worker goes what was under way.
    assert 0 <= paid - segments <= (0 if part == "postgres" else IN_FLIGHT)


def base(product: Product, name: str, model: str) -> str:
    technique = ("--indexing", "high_quality", "--embedding", f"openai_api_compatible/{model}")
    return product.command("knowledge_create", name, *technique)["dataset_id"]


def counts(product: Product, dataset: str) -> tuple[int, int]:
    """Segments, and those with a vector."""
    return sql(
        product,
        "select count(*), count(e.segment_id) from knowledge_segment s "
        f"left join knowledge_segmentembedding e on e.segment_id = s.id where s.dataset_id = '{dataset}'",
    )[0]


def contents(product: Product, dataset: str) -> list[tuple]:
    return sql(
        product,
        "select s.position, s.content, s.status, l.terms from knowledge_segment s "
        f"left join knowledge_segmentlexical l on l.segment_id = s.id where s.dataset_id = '{dataset}' order by 1",
    )


def safe_status(product: Product, dataset: str) -> str:
    import psycopg

    try:
        return sql(product, f"select indexing_status from knowledge_document where dataset_id = '{dataset}'")[0][0]
    except psycopg.OperationalError:
        time.sleep(0.2)
        return "database away"
