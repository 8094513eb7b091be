"""Group commit: nothing is told before it is stored, and one bad row does not lose its neighbours."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from apps.common import perloop
from apps.common.errors import Unavailable
from apps.common.ids import new_id
from apps.logs import writer
from apps.logs.models import Conversation, Message
from apps.logs.services.reap import reap_runs
from apps.logs.statements import Beginning, Ending, Statement
from apps.prompts.callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)


def beginning(**changes) -> Beginning:
    values: dict[str, Any] = {
        "message_id": new_id(), "task_id": new_id(), "workspace_id": new_id(), "app_id": new_id(),
        "version_id": new_id(), "conversation_id": new_id(), "is_new_conversation": True, "parent_message_id": None,
        "conversation_name": "Name", "introduction": "", "caller": Caller("console", account_id=new_id()),
        "inputs": {"a": "ü"}, "query": "Why?", "reserved_price": Decimal("0.01"), "lease_s": 30,
        "created_at": time.time(),
    }  # fmt: skip
    return Beginning(**{**values, **changes})


def ending(begun: Beginning, **changes) -> Ending:
    values: dict[str, Any] = {
        "message_id": begun.message_id, "conversation_id": begun.conversation_id, "status": "normal",
        "answer": "Because.", "error_code": "", "error": "", "prompt": [{"role": "user", "text": "Why?"}],
        "provider": "demo", "model": "demo-chat", "prompt_tokens": 3, "completion_tokens": 2,
        "total_price": Decimal("0.0001"), "currency": "USD", "latency_s": 0.5, "time_to_first_token_s": 0.1,
        "metadata": {"usage": {}},
    }  # fmt: skip
    return Ending(**{**values, **changes})


def run(function):
    """Runs an async test body with the writer of its own loop."""
    return perloop.run(function())


def test_a_turn_is_two_writes():
    begun = beginning()

    async def body():
        await writer.write(*begun.operations())
        await writer.write(*ending(begun).operations())

    run(body)
    message = Message.objects.get()
    assert (message.status, message.answer, message.reserved_price) == ("normal", "Because.", Decimal(0))
    assert Conversation.objects.get().inputs == {"a": "ü"}


def test_what_gathers_goes_out_together(monkeypatch):
    turns = [beginning() for _ in range(200)]
    transactions: list[int] = []
    transact = writer.Writer._transact

    async def counted(self, batch):
        transactions.append(len(batch))
        await transact(self, batch)

    monkeypatch.setattr(writer.Writer, "_transact", counted)

    async def body():
        await asyncio.gather(*(writer.write(*turn.operations()) for turn in turns))

    run(body)
    assert Message.objects.count() == 200
    assert sum(transactions) == 200
    assert len(transactions) < 20


def test_a_refused_row_fails_alone():
    good, bad = [beginning() for _ in range(5)], beginning(conversation_name="x" * 300)

    async def body():
        return await asyncio.gather(
            *(writer.write(*turn.operations()) for turn in [*good[:2], bad, *good[2:]]), return_exceptions=True
        )

    results = run(body)
    assert isinstance(results[2], psycopg.errors.StringDataRightTruncation)
    assert [result for result in results if result is None] == [None] * 5
    assert Message.objects.count() == 5


UNSENDABLE: list[dict[str, Any]] = [
    {"query": "\udcff"},
    {"conversation_name": "\udcff"},
    {"query": object()},
    {"inputs": {"a": {1, 2}.__iter__}},
    {"inputs": {"a": float("nan")}},
    {"inputs": {"a": 10**5000}},
    {"reserved_price": Decimal(10) ** 30},
    {"message_id": "no uuid"},
]


@pytest.mark.parametrize("fault", UNSENDABLE)
def test_a_value_that_cannot_be_sent_fails_alone_and_the_writer_lives(fault):
    good, bad, later = beginning(), beginning(**fault), beginning()

    async def outcome(turn):
        await writer.write(*turn.operations())

    async def body():
        async with asyncio.timeout(10):
            together = await asyncio.gather(*map(outcome, (good, bad, later)), return_exceptions=True)
            await outcome(beginning())
            return together

    results = run(body)
    assert (results[0], results[2]) == (None, None)
    assert Message.objects.count() + (results[1] is not None) == 4


def test_a_submission_is_stored_whole_or_not_at_all():
    begun = beginning(version_id=None)

    async def body():
        with pytest.raises(psycopg.errors.NotNullViolation):
            await writer.write(*begun.operations())

    run(body)
    assert Conversation.objects.count() == Message.objects.count() == 0


def test_writes_may_be_repeated():
    begun = beginning()

    async def body():
        for _ in range(2):
            await writer.write(*begun.operations())
        for _ in range(2):
            await writer.write(*ending(begun).operations())

    run(body)
    assert Message.objects.count() == Conversation.objects.count() == 1


def test_a_lost_connection_is_replaced():
    begun = beginning()

    async def body():
        await writer.write((Statement.TOUCH, (new_id(),)))
        connection = writer._writer.get()._connection
        assert connection is not None
        await connection.close()
        await writer.write(*begun.operations())

    run(body)
    assert Message.objects.count() == 1


def test_a_database_that_stays_away_is_said_so(settings, monkeypatch):
    settings.WRITE_PATIENCE_S = 0.1
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    monkeypatch.setattr("apps.common.db.conninfo", lambda: "host=/nowhere dbname=none")

    async def body():
        with pytest.raises(Unavailable):
            await writer.write(*beginning().operations())

    run(body)


def test_an_abandoned_run_is_ended_and_a_live_one_is_not():
    dead, alive = beginning(lease_s=-1), beginning(lease_s=60)

    async def body():
        await writer.write(*dead.operations())
        await writer.write(*alive.operations())

    run(body)
    assert reap_runs() == 1
    ended = Message.objects.get(id=dead.message_id)
    assert (ended.status, ended.error_code, ended.reserved_price) == ("error", "interrupted", Decimal(0))
    assert ended.finished_at is not None
    assert Message.objects.get(id=alive.message_id).status == "running"


def test_the_first_ending_counts():
    begun = beginning(lease_s=-1)

    run(lambda: writer.write(*begun.operations()))
    reap_runs()
    run(lambda: writer.write(*ending(begun).operations()))
    assert Message.objects.get().status == "error"
