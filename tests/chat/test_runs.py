"""A run and its readers, without a model."""

import asyncio

import pytest

from apps.chat.runs import Run
from apps.common.ids import new_id
from apps.common.run_events import Envelope, Message, MessageEnd, RunError
from apps.prompts.callers import Caller

END = MessageEnd({}, "done")


def run_of(source) -> Run:
    return Run(Envelope(new_id(), new_id(), None, "completion", 0), new_id(), Caller("console"), source)


async def everything(run: Run, start: int = 0) -> list:
    return [event async for batch in run.follow(start) for event in batch]


async def test_every_reader_gets_every_event_whenever_it_comes():
    async def source(run):
        for number in range(5):
            yield Message(str(number))
            await asyncio.sleep(0)
        yield END

    run = run_of(source)
    early = asyncio.create_task(everything(run))
    await run.task
    assert [event.answer for event in await early] == ["0", "1", "2", "3", "4", "done"]
    assert await everything(run) == await early
    assert await everything(run, start=4) == [Message("4"), END]
    assert await run.result() == END


async def test_a_reader_who_leaves_does_not_end_the_run():
    async def source(run):
        for _ in range(3):
            yield Message("x")
            await asyncio.sleep(0.01)
        yield END

    run = run_of(source)
    reader = asyncio.create_task(everything(run))
    await asyncio.sleep(0.005)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    assert await run.result() == END


async def test_a_source_that_breaks_ends_in_an_error_that_says_nothing_of_it(caplog):
    async def source(run):
        yield Message("x")
        raise RuntimeError("inside")

    assert await run_of(source).result() == RunError(
        "internal_server_error", "Internal Server Error, please contact support.", 500
    )
    assert "inside" in caplog.text


async def test_a_run_cancelled_before_it_begins_still_ends():
    async def source(run):
        yield END

    run = run_of(source)
    run.task.cancel()
    result = await run.result()
    assert isinstance(result, RunError)
    assert result.code == "interrupted"


async def test_a_stop_is_heard_by_the_source_which_goes_on_to_its_end():
    async def source(run):
        try:
            yield Message("x")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()
        run.closing = True
        yield END

    run = run_of(source)
    await asyncio.sleep(0.01)
    run.stop()
    assert await run.result() == END
    assert run.stopping


async def test_a_stop_that_comes_too_late_changes_nothing():
    async def source(run):
        run.closing = True
        await asyncio.sleep(0.02)
        yield END

    run = run_of(source)
    await asyncio.sleep(0.01)
    run.stop()
    assert await run.result() == END
    assert not run.stopping


async def test_silence_gives_signs_of_life():
    async def source(run):
        await asyncio.sleep(0.1)
        yield END

    batches = [batch async for batch in run_of(source).follow(ping_interval_s=0.03)]
    assert batches[-1] == [END]
    assert 1 <= batches.count([]) <= 4


@pytest.mark.parametrize("count", [1, 50])
async def test_a_slow_reader_catches_up_in_one_batch(count):
    async def source(run):
        for _ in range(count):
            yield Message("x")
        yield END

    run = run_of(source)
    await run.task
    batches = [batch async for batch in run.follow()]
    assert [len(batch) for batch in batches] == [count + 1]
