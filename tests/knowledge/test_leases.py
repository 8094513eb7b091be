"""Rows that are jobs: claimed by one, kept alive, given back with a reason, given up. Indexes stand for all."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import InvalidParam, Unavailable
from apps.common.ids import new_id
from apps.common.perloop import run
from apps.knowledge.errors import LeaseLost
from apps.knowledge.models import SearchIndex
from apps.knowledge.services import leases
from apps.knowledge.services.leases import MAX_ATTEMPTS, Lease, claim, working
from apps.models.errors import ProviderRateLimited


@pytest.fixture
def row(economy) -> SearchIndex:
    return SearchIndex.objects.create(dataset=economy, kind="words", name=f"knowledge_words_{new_id().hex}")


def claimed(condition: str = "true", **arguments: object) -> Lease | None:
    return run(claim(SearchIndex, condition, **arguments))


def settled(row: SearchIndex, error: Exception) -> SearchIndex:
    """The row after a worker's block ended so."""

    async def work() -> None:
        lease = await claim(SearchIndex)
        assert lease is not None
        async with working(lease):
            raise error

    run(work())
    row.refresh_from_db()
    return row


def wait_s(row: SearchIndex) -> float:
    return (row.retry_at - timezone.now()).total_seconds()


def test_a_row_is_claimed_by_one_and_again_once_its_lease_ran_out(row):
    lease = claimed()
    assert lease is not None
    assert (lease.key, lease.attempt) == (row.pk, 1)
    assert claimed() is None
    SearchIndex.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = claimed()
    assert again is not None
    assert (again.key, again.attempt) == (row.pk, 2)
    assert again.owner != lease.owner
    with pytest.raises(LeaseLost):
        run(lease.change("dim = 3"))
    run(again.change("dim = %s", 4))
    row.refresh_from_db()
    assert row.dim == 4


def test_only_what_the_condition_lets_through_is_work(row):
    assert claimed("kind = %(kind)s", kind="vectors") is None
    assert claimed("kind = %(kind)s", kind="words") is not None


def test_progress_forgets_earlier_attempts_and_release_gives_the_row_back(row):
    SearchIndex.objects.update(attempt=3, waiting_reason="busy")
    lease = claimed()
    assert lease is not None
    run(lease.progress("dim = %s", 5))
    row.refresh_from_db()
    assert (row.attempt, row.waiting_reason, row.dim) == (0, None, 5)
    run(lease.release("ready_at = now()"))
    row.refresh_from_db()
    assert row.ready_at
    assert (row.lease_owner, row.lease_until, row.attempt) == (None, None, 0)


@pytest.mark.parametrize(
    ("error", "reason", "least_s", "attempt"),
    [
        (ProviderRateLimited("[x] slow down", retry_after_s=60), "[x] slow down", 50, 0),
        (ProviderRateLimited("[x] slow down"), "[x] slow down", 15, 0),
        (RuntimeError("/etc/secret"), leases._UNEXPECTED, 1, 1),
    ],
)
def test_what_may_pass_is_waited_for(row, error, reason, least_s, attempt):
    row = settled(row, error)
    assert (row.waiting_reason, row.error, row.attempt, row.lease_owner) == (reason, None, attempt, None)
    assert least_s < wait_s(row) < 70
    assert claimed() is None


def test_what_will_not_pass_is_given_up(row):
    row = settled(row, InvalidParam("That cannot be."))
    assert row.error == "That cannot be."
    assert row.lease_owner is None
    assert claimed() is None


@pytest.mark.parametrize("error", [Unavailable(), LeaseLost()])
def test_without_a_database_or_lease_nothing_is_written(row, error):
    row = settled(row, error)
    assert row.lease_owner
    assert (row.waiting_reason, row.error) == (None, None)


@pytest.mark.parametrize(("reason", "sentence"), [("no room", "no room"), (None, "its worker was stopped each time")])
def test_a_row_that_failed_too_often_is_given_up_and_the_next_one_taken(row, workspace, reason, sentence):
    SearchIndex.objects.update(attempt=MAX_ATTEMPTS, waiting_reason=reason)
    other = SearchIndex.objects.create(dataset=row.dataset, kind="vectors", name="other")
    lease = claimed()
    assert lease is not None
    assert lease.key == other.pk
    row.refresh_from_db()
    assert row.error == f"Given up after {MAX_ATTEMPTS} attempts: {sentence}"
    assert row.lease_owner is None


def test_the_heart_beats_while_the_work_lasts(row, settings):
    settings.INDEXING_LEASE_S = 1.5  # beats come every half second, and the machine may be busy

    async def work() -> int:
        lease = await claim(SearchIndex)
        assert lease is not None
        taken = 0
        async with working(lease):
            for _ in range(8):
                await asyncio.sleep(0.25)
                taken += await claim(SearchIndex) is not None
        return taken

    assert run(work()) == 0


def test_a_row_deleted_under_the_work_ends_it_quietly(row):
    async def work() -> None:
        lease = await claim(SearchIndex)
        assert lease is not None
        async with working(lease):
            await SearchIndex.objects.filter(pk=row.pk).adelete()
            await lease.release()

    run(work())


def test_cancelling_passes_through(row):
    async def work() -> None:
        lease = await claim(SearchIndex)
        assert lease is not None
        async with working(lease):
            raise asyncio.CancelledError

    with suppress(asyncio.CancelledError):
        run(work())
        pytest.fail("it was swallowed")
    row.refresh_from_db()
    assert row.error is None
