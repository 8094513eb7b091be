"""`kill -9` of the web server while runs hold budgets: nothing stays held, nothing is lost or counted twice."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.database import ready_made
from tests.fakes.upstream import Upstream
from tests.faults.running import publish_app, set_provider, sql
from tests.http import Client
from tests.supervisor.product import Product

pytestmark = pytest.mark.slow
IN_FLIGHT = 20
PRICE = """{"prices": {"prompt": "0", "completion": "0.02"}}"""
BUDGET = """
    insert into billing_budget (id, workspace_id, scope, period, limit_usd, warn_percent, action, is_enabled,
        created_at, updated_at)
    select gen_random_uuid(), id, 'workspace', 'day', 10, 80, 'stop', true, now(), now() from workspaces_workspace
"""


@pytest.fixture
def product(tmp_path: Path, upstream: Upstream) -> Iterator[Product]:
    product = Product(
        ready_made(tmp_path / "storage"), ADMIN_EMAIL="a@b.co", ADMIN_PASSWORD="correct horse 7", RUN_LEASE_S="3"
    )
    product.until_up()
    set_provider(product, upstream.base_url, "gen-60-50:llm", "fake:llm")
    with psycopg.connect(f"postgresql://postgres@/parley?host={product.storage}/postgres") as connection:
        connection.execute("update models_workspacemodel set properties = properties || %s::jsonb", [PRICE])
        connection.execute(BUDGET)
        connection.execute("select pg_notify('parley', 'budgets:' || id) from workspaces_workspace")
    yield product
    product.stop()


def client_of(product: Product, folder: Path, model: str) -> Client:
    return Client(product.url, product.command("app_key", publish_app(product, folder, model))["token"], timeout_s=60)


def ask(client: Client, user: str) -> None:
    """A turn to its end, or until the server is gone."""
    body = {"inputs": {}, "query": "Go", "user": user, "response_mode": "streaming"}
    try:
        for _ in client.stream("/v1/chat-messages", body):
            pass
    except OSError:
        pass


def healthy(product: Product) -> bool:
    try:
        return product.is_healthy()
    except OSError:
        return False


def state(product: Product) -> tuple:
    """Holds; what is spent and held; what the messages cost; how many still run."""
    return sql(
        product,
        "select (select count(*) from billing_budgethold), sum(spent_usd), sum(held_usd), "
        "(select sum(total_price) from logs_message), (select count(*) from logs_message where status = 'running') "
        "from billing_budgetspend",
    )[0]


def test_a_killed_web_server_leaves_no_hold_and_no_price_is_lost_or_counted_twice(product: Product, tmp_path: Path):
    short, long = client_of(product, tmp_path, "fake"), client_of(product, tmp_path, "gen-60-50")
    for number in range(5):
        ask(short, f"before-{number}")
    threads = [threading.Thread(target=ask, args=(long, f"victim-{number}")) for number in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    product.until(lambda: state(product)[0] == IN_FLIGHT)
    product.part("dify_project.web").send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join(30)
    holds, spent, held, told, running = state(product)
    assert (holds, running, spent) == (IN_FLIGHT, IN_FLIGHT, told)
    assert held > 0
    product.until(lambda: state(product)[4] == 0, timeout_s=60)
    product.until(lambda: healthy(product), timeout_s=30)
    for number in range(5):
        ask(short, f"after-{number}")
    holds, spent, held, told, running = state(product)
    assert (holds, held, running) == (0, 0, 0)
    assert spent == told
    assert spent > 0
    assert product.command("fsck")["findings"] == []
