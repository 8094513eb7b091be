"""The ledger: every call once, by day, app and model; calls outside of runs against budgets."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from apps.billing.attribution import attribute, attributed, counted_by_run, current
from apps.billing.errors import BudgetExceeded
from apps.billing.holds import RunHold
from apps.billing.models import BudgetSpend, Usage
from apps.billing.selectors import usage_by_app, usage_by_day, usage_by_model
from apps.billing.services import meter
from apps.billing.services.budgets import create_budget, refuse_if_spent
from apps.billing.services.meter import Measured
from apps.common import db, perloop
from apps.common.errors import Unavailable
from apps.common.ids import new_id
from apps.models.contracts import AudioFile, Driver, Endpoint, ModelSpec, Prices, Transcript
from apps.models.handles import Key, ModelHandle
from tests.factories import make_workspace
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def workspace(transactional_db):
    return make_workspace()


def call(workspace: Any, **changes: Any) -> Measured:
    values: dict[str, Any] = {"provider": "openai", "model": "m", "type": "llm", "price": Decimal("0.001")}
    values |= {"prompt_tokens": 10, "completion_tokens": 5}
    return Measured(workspace.pk, **{**values, **changes})


def recorded(*calls: Measured, app_id: Any = None) -> None:
    """Calls of one event loop, which ends."""

    async def body() -> None:
        with attributed(app_id=app_id):
            for one in calls:
                meter.record(one)

    perloop.run(body())


def test_calls_of_a_day_are_one_row_for_each_app_model_and_currency(workspace):
    app_id = new_id()
    recorded(*[call(workspace)] * 3, call(workspace, is_failed=True, price=Decimal(0)), app_id=app_id)
    recorded(call(workspace), call(workspace, currency="CNY"), call(workspace, model="n"))
    recorded(call(workspace), app_id=app_id)
    rows = Usage.objects.order_by("app_id", "model", "currency").values_list(
        "app_id", "model", "currency", "calls", "failed", "prompt_tokens", "completion_tokens", "cost"
    )
    assert list(rows) == [
        (app_id, "m", "USD", 5, 1, 50, 25, Decimal("0.004")),
        (None, "m", "CNY", 1, 0, 10, 5, Decimal("0.001")),
        (None, "m", "USD", 1, 0, 10, 5, Decimal("0.001")),
        (None, "n", "USD", 1, 0, 10, 5, Decimal("0.001")),
    ]


class Listening(Driver):
    """Hears what it is told to hear."""

    key, label = "listening", "Listening"
    heard = Transcript("Hello.")

    async def transcribe(self, endpoint, model, audio, user=None):
        return self.heard

    async def stream_chat(self, endpoint, model, request):
        raise NotImplementedError
        yield


@pytest.mark.parametrize(
    ("per", "heard", "cost", "tokens"),
    [
        ("minutes", Transcript("Hello.", 90.0), "0.009", (0, 0)),
        ("minutes", Transcript("Hello."), "0.0002", (0, 0)),  # 8,000 bytes are 2 s
        ("tokens", Transcript("Hello.", None, 900, 30), "5.415", (900, 30)),
        ("calls", Transcript("Hello.", 90.0), "0.006", (0, 0)),
    ],
)
def test_a_recording_is_paid_by_its_length_or_its_tokens(workspace, per, heard, cost, tokens):
    driver, prices = Listening(), Prices(Decimal(6), Decimal("0.5"), per=per)
    driver.heard = heard
    key = Key("k", Endpoint("listening", {}, {}))
    handle = ModelHandle("listening", ModelSpec("m", "speech2text", prices=prices), driver, [key], (), workspace.pk)
    assert perloop.run(handle.transcribe(AudioFile("a.webm", "audio/webm", b"x" * 8_000))) == "Hello."
    row = Usage.objects.get()
    assert (row.type, row.calls, row.cost) == ("speech2text", 1, Decimal(cost))
    assert (row.prompt_tokens, row.completion_tokens) == tokens


def test_names_that_are_too_long_are_cut(workspace):
    recorded(call(workspace, model="m" * 300, provider="p" * 100))
    assert len(Usage.objects.get().model) == 255


def test_the_ledger_is_written_about_a_second_after_a_call(workspace):
    async def body() -> None:
        meter.record(call(workspace))
        await asyncio.sleep(meter.FLUSH_S + 0.5)
        row = await db.fetch_one("select calls from billing_usage")
        assert row == (1,)

    perloop.run(body())


def test_what_cannot_be_written_is_kept_for_the_next_time(workspace, monkeypatch):
    async def away(*_: Any) -> None:
        raise Unavailable

    async def body() -> None:
        write = meter._write
        meter.record(call(workspace))
        monkeypatch.setattr(meter, "_write", away)
        await meter.flush()
        monkeypatch.setattr(meter, "_write", write)
        meter.record(call(workspace))
        await meter.flush()

    perloop.run(body())
    assert Usage.objects.get().calls == 2


@pytest.mark.parametrize("tokens", [-1, 10**30])
@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_row_that_is_refused_is_dropped_alone_and_by_name(workspace, caplog, tokens, at_the_end):
    other = make_workspace("Other", "other@example.org")
    create_budget(workspace=other, user=None, scope="workspace", subject_id=None, period="day", limit_usd="1")

    async def body() -> None:
        meter.record(call(workspace, prompt_tokens=tokens))
        meter.record(call(workspace, model="another"))
        meter.record(call(other))
        if not at_the_end:
            await meter.flush()

    perloop.run(body())
    assert set(Usage.objects.values_list("workspace_id", "model")) == {(workspace.pk, "another"), (other.pk, "m")}
    assert BudgetSpend.objects.get().spent_usd == Decimal("0.001")
    assert [record.getMessage() for record in caplog.records] == [
        f"usage of workspace {workspace.pk} could not be written"
    ]


def test_what_is_left_of_refused_rows_is_kept_where_postgres_goes_away(workspace, monkeypatch):
    """It goes after the first of them was written by itself; that one is not written twice."""
    written: list[Any] = []

    async def body() -> None:
        write = meter._write

        async def failing(connection: Any, sums: Any, spends: Any) -> None:
            if len(sums) > 1:
                raise psycopg.DataError
            if written:
                raise Unavailable
            await write(connection, sums, spends)
            written.append(sums)

        for model in ("m", "n", "o"):
            meter.record(call(workspace, model=model))
        monkeypatch.setattr(meter, "_write", failing)
        await meter.flush()
        monkeypatch.setattr(meter, "_write", write)
        await meter.flush()

    perloop.run(body())
    assert sorted(Usage.objects.values_list("model", "calls")) == [("m", 1), ("n", 1), ("o", 1)]


def test_two_processes_add_to_the_same_rows_at_once(workspace):
    async def body() -> None:
        models = [f"m{number}" for number in range(20)]
        rows = {meter._Key(workspace.pk, TODAY, None, "p", name, "llm", "USD"): meter._Sum(1) for name in models}

        async def write(order: int) -> None:
            async with await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True) as connection:
                for _ in range(10):
                    await meter._write(connection, dict([*rows.items()][::order]), {})

        await asyncio.gather(write(1), write(-1))

    perloop.run(body())
    assert {row.calls for row in Usage.objects.all()} == {20}


def test_calls_outside_of_runs_are_spent_of_budgets_when_the_ledger_is_written(workspace):
    app_id = new_id()
    for scope in ("workspace", "app"):
        create_budget(workspace=workspace, user=None, scope=scope, subject_id=None, period="month", limit_usd="1")
    recorded(call(workspace, type="text-embedding"))
    recorded(call(workspace, type="rerank"), app_id=app_id)
    spends = dict(BudgetSpend.objects.values_list("subject_id", "spent_usd"))
    assert spends == {workspace.pk: Decimal("0.002"), app_id: Decimal("0.001")}


def test_calls_that_their_run_counts_are_in_the_ledger_alone(workspace):
    create_budget(workspace=workspace, user=None, scope="workspace", subject_id=None, period="day", limit_usd="1")

    async def body() -> None:
        with counted_by_run():
            meter.record(call(workspace))

    perloop.run(body())
    assert Usage.objects.get().calls == 1
    assert BudgetSpend.objects.count() == 0


def test_other_currencies_count_by_their_rate_and_unknown_ones_one_to_one(workspace, settings):
    settings.BUDGET_RATES = {"CNY": Decimal("0.14")}
    create_budget(workspace=workspace, user=None, scope="workspace", subject_id=None, period="day", limit_usd="9")
    recorded(call(workspace, currency="CNY", price=Decimal(1)), call(workspace, currency="XTS", price=Decimal(2)))
    assert BudgetSpend.objects.get().spent_usd == Decimal("2.14")


def test_a_call_is_refused_once_a_stop_budget_is_used_up(workspace):
    create_budget(workspace=workspace, user=None, scope="app", subject_id=None, period="day", limit_usd="0.001")
    app_id = new_id()
    recorded(call(workspace), app_id=app_id)

    async def body() -> None:
        await refuse_if_spent(workspace.pk)
        with attributed(app_id=new_id()):
            await refuse_if_spent(workspace.pk)
        with attributed(app_id=app_id), pytest.raises(BudgetExceeded):
            await refuse_if_spent(workspace.pk)
        hold = RunHold(new_id())
        attribute(app_id=app_id, hold=hold)
        hold.opened(Decimal(0))  # a run of free models was admitted, for nothing
        with pytest.raises(BudgetExceeded):
            await refuse_if_spent(workspace.pk)
        with counted_by_run():
            await refuse_if_spent(workspace.pk)
        hold.opened(Decimal("0.1"))  # its run was admitted for more
        await refuse_if_spent(workspace.pk)

    perloop.run(body())


def test_a_budget_that_only_warns_refuses_no_call(workspace):
    make: dict[str, Any] = {
        "workspace": workspace,
        "user": None,
        "subject_id": None,
        "period": "day",
        "limit_usd": "0.0001",
    }
    create_budget(scope="workspace", action="warn", **make)
    recorded(call(workspace))
    perloop.run(refuse_if_spent(workspace.pk))


def test_an_attribution_ends_with_its_block_also_where_another_task_closes_it():
    async def body() -> None:
        app_id = new_id()

        async def pieces() -> Any:
            with attributed(app_id=app_id):
                yield current().app_id

        stream = pieces()
        assert await anext(stream) == app_id
        await asyncio.create_task(stream.aclose())

    perloop.run(body())


def test_usage_is_summed_by_day_model_and_app(workspace):
    app_id = new_id()
    recorded(call(workspace), call(workspace, model="n"), app_id=app_id)
    Usage.objects.filter(model="n").update(day=TODAY - timedelta(days=1))
    recorded(call(make_workspace("Other", "other@example.org")))
    recorded(call(workspace, is_failed=True))
    since: dict[str, Any] = {"since": TODAY - timedelta(days=1), "until": TODAY}
    assert [(row.day, row.calls) for row in usage_by_day(workspace, **since)] == [
        (TODAY - timedelta(days=1), 1),
        (TODAY, 2),
    ]
    assert [row.calls for row in usage_by_day(workspace, since=TODAY, until=TODAY)] == [2]
    by_model = usage_by_model(workspace, **since)
    assert [(row.provider, row.model, row.type, row.calls) for row in by_model] == [
        ("openai", "m", "llm", 2),
        ("openai", "n", "llm", 1),
    ]
    by_app = {row.app_id: (row.calls, row.failed, row.cost) for row in usage_by_app(workspace, **since)}
    assert by_app == {app_id: (2, 0, Decimal("0.002")), None: (1, 1, Decimal("0.001"))}
    assert [row.calls for row in usage_by_day(workspace, **since, app_id=app_id)] == [1, 1]


def test_the_ledger_after_turns_embeddings_and_failures(server, upstream):
    """Through the product: a good and a failed turn, and an embedding in the background."""
    from apps.knowledge.services.datasets import create_dataset
    from apps.knowledge.services.documents import create_document_from_text
    from apps.knowledge.services.indexing import index_pending
    from tests.factories import make_app, make_key, make_provider, upstream_config
    from tests.http import Client

    workspace = make_workspace("Served", "served@example.org")
    models = {"text-embedding-3-small": "text-embedding"}
    make_provider(workspace, upstream.base_url, "fake", "fail-401", **models)
    apps = [make_app(workspace, upstream_config(model)) for model in ("fake", "fail-401")]
    for app in apps:
        body = {"inputs": {}, "query": "Hello?", "user": "ada", "response_mode": "blocking"}
        Client(server.url, make_key(app)).post("/v1/chat-messages", body)
    embedding = ("openai_api_compatible", "text-embedding-3-small")
    dataset = create_dataset(
        workspace=workspace, name="B", indexing_technique="high_quality", embedding_provider=embedding[0],
        embedding_model=embedding[1],
    )  # fmt: skip
    create_document_from_text(dataset=dataset, name="T", text="Some words to embed.")
    perloop.run(index_pending())
    written = Usage.objects.filter(workspace_id=workspace.pk).order_by("model")
    eventually(lambda: written.count() == 3)
    rows = list(written)
    assert [(row.model, row.type, row.app_id, row.failed) for row in rows] == [
        ("fail-401", "llm", apps[1].pk, 1),
        ("fake", "llm", apps[0].pk, 0),
        ("text-embedding-3-small", "text-embedding", None, 0),
    ]
    assert all(row.calls >= 1 for row in rows)
    assert rows[1].completion_tokens == 50
