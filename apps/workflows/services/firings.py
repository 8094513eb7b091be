"""What triggers fire: rows that a moment or a delivery makes once, claimed by workers, started with their run.

A firing's id is that of its run. The run's row and the firing's end are written in one transaction, so that after a
kill at any point there is either no run, and the firing is claimed again when its lease has run out, or one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from apps.common import db, jobs
from apps.common.batches import delete_in_batches
from apps.common.errors import Conflict
from apps.common.ids import new_id
from apps.logs.statements import Statement
from apps.workflows.choices import FiringStatus, Missed
from apps.workflows.models import Firing, Trigger
from apps.workflows.triggers.kinds import SCHEDULE, next_moment
from apps.workspaces.models import User
from apps.workspaces.services import audit

GRACE: Final = timedelta(minutes=1)  # a moment this old is late, not missed
KEPT: Final = timedelta(days=7)
LEASE_S: Final = 60
MAX_ATTEMPTS: Final = 5
TASK: Final = "chat.fire_triggers"
PER_MINUTE: Final = 600
Operations = Sequence[tuple[Statement, tuple[Any, ...]]]

_CLAIM: Final = """
with found as materialized (
    select id from workflows_firing
    where status = 'waiting' and (lease_until is null or lease_until < clock_timestamp())
    order by created_at limit 1
    for update skip locked
)
update workflows_firing f
set lease_owner = %s, lease_until = clock_timestamp() + %s * interval '1 second', attempt = attempt + 1
from found, workflows_trigger t
where f.id = found.id and t.id = f.trigger_id
returning f.id, f.attempt, t.workspace_id, t.app_id, t.node_id, f.created_at"""
_BEGIN: Final = b"""
update workflows_firing set status = 'started', lease_owner = null, lease_until = null
where id = %s and lease_owner = %s and status = 'waiting'"""
_END: Final = """
update workflows_firing set status = 'failed', error = %s, lease_owner = null, lease_until = null
where id = %s and lease_owner = %s and status = 'waiting'"""
# Whoever deletes the trigger waits until this has committed, or it finds none.
_DELIVER: Final = b"""
insert into workflows_firing (id, trigger_id, key, status, error, answer, attempt, created_at)
select %s, t.id, %s, 'started', '', %s, 0, clock_timestamp()
from (select id from workflows_trigger where id = %s for key share) t
on conflict (trigger_id, key) do nothing"""
_DELIVERED: Final = """
select f.id, f.answer, r.status, r.error
from workflows_firing f left join logs_workflowrun r on r.id = f.id
where f.trigger_id = %s and f.key = %s"""
_ANSWER: Final = "update workflows_firing set answer = %s where id = %s"
_LATELY: Final = """
select count(*) from workflows_firing
where trigger_id = %s and created_at > clock_timestamp() - interval '1 minute'"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What has become of a delivery.

    Args:
        run_id: of the run it started.
        is_new: it is this one; else an earlier one by the same key.
        answer: what the sender was answered, None: nothing yet.
        status, error: of the run.
    """

    run_id: UUID
    is_new: bool
    answer: Mapping[str, Any] | None
    status: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A firing that waits for its run, held by one worker.

    Args:
        run_id: of the run it is to start, and of the firing.
        owner: new with each claim.
    """

    run_id: UUID
    owner: UUID
    workspace_id: UUID
    app_id: UUID
    node_id: str


def fire_due(*, now: datetime | None = None) -> int:
    """Makes a firing for each schedule that is due and sets its next moment; returns how many were made.

    Any number of processes may do so at once.
    """
    now = now or timezone.now()
    made = 0
    while (fired := _fire_one(now)) is not None:
        made += fired
    return made


def _fire_one(now: datetime) -> int | None:
    """The same for one schedule; None: no further one is due."""
    with transaction.atomic():
        due = Trigger.objects.filter(next_run_at__lte=now).order_by("next_run_at")
        row = due.select_for_update(skip_locked=True, of=("self",)).select_related("app__workspace").first()
        if row is None:
            return None
        moment = _moment(row, now)
        row.next_run_at = next_moment(row.kind, row.data, now)
        row.save(update_fields=["next_run_at", "updated_at"])
        if moment is None or not _is_live(row):
            return 0
        fields = {"id": new_id(), "trigger": row, "key": moment.isoformat(), "created_at": now}
        return len(Firing.objects.bulk_create([Firing(**fields)], ignore_conflicts=True))


def _moment(row: Trigger, now: datetime) -> datetime | None:
    """The moment to run for: the last one if it has only just passed, else what was missed, if that is wanted."""
    recent = next_moment(row.kind, row.data, now - GRACE)
    if recent is not None and recent <= now:
        return recent
    return row.next_run_at if row.missed == Missed.ONCE else None


def _is_live(row: Trigger) -> bool:
    app = row.app
    return row.is_enabled and row.version_id == app.published_id and app.workspace.status == "normal"


def fire_now(*, trigger: Trigger, user: User | None = None) -> UUID:
    """Runs a schedule once besides its moments; returns the run's id.

    Raises:
        Conflict: it is not live.
    """
    with transaction.atomic():
        row = Trigger.objects.select_for_update(of=("self",)).select_related("app__workspace").get(pk=trigger.pk)
        if row.kind != SCHEDULE or not _is_live(row):
            raise Conflict("Publish the app and switch the schedule on, then try again.")
        run_id = new_id()
        Firing.objects.create(id=run_id, trigger=row, key=f"by hand {run_id}")
        jobs.enqueue(TASK)
        audit.record(
            workspace=row.app.workspace, user=user, action="trigger.run", object_type="trigger", object_id=row.pk,
            data={"name": str(row), "app": str(row.app_id)},
        )  # fmt: skip
    return run_id


async def claim_firing() -> Claim | None:
    """The oldest firing that waits for a worker; None: there is none. One that failed too often is given up."""
    owner = new_id()
    while (row := await db.fetch_one(_CLAIM, owner, LEASE_S)) is not None:
        run_id, attempt, workspace_id, app_id, node_id, _ = row
        if attempt <= MAX_ATTEMPTS:
            return Claim(run_id, owner, workspace_id, app_id, node_id)
        await give_up(Claim(run_id, owner, workspace_id, app_id, node_id), "Its worker was stopped each time.")
    return None


async def begin_run(claim: Claim, operations: Operations) -> bool:
    """Writes that the run has begun, with the run's own first rows; False: another worker has taken it over."""
    async with db.connect() as connection, connection.transaction():
        cursor = await connection.execute(_BEGIN, (claim.run_id, claim.owner))
        if not cursor.rowcount:
            return False
        for statement, values in operations:
            await connection.execute(statement.value, values)
        return True


async def give_up(claim: Claim, reason: str) -> None:
    """The run cannot begin."""
    await db.execute(_END, reason, claim.run_id, claim.owner)


async def deliver(
    *, run_id: UUID, trigger_id: UUID, key: str, answer: Mapping[str, Any] | None, operations: Operations
) -> Delivered:
    """Takes a delivery in, with the first rows of its run, unless its key was taken in before.

    Args:
        key: what the sender calls it, at most 255 characters.
        answer: what the sender is answered where that is known already, else None.

    Raises:
        Conflict: the webhook was deleted since it was looked up.
    """
    stored = None if answer is None else Jsonb(answer)
    async with db.connect() as connection, connection.transaction():
        cursor = await connection.execute(_DELIVER, (run_id, key, stored, trigger_id))
        if cursor.rowcount:
            for statement, values in operations:
                await connection.execute(statement.value, values)
            return Delivered(run_id, True, answer)
    return await delivered(trigger_id, key)


async def delivered(trigger_id: UUID, key: str) -> Delivered:
    """What has become of an earlier delivery. Raises Conflict: it, or its webhook, was removed since."""
    row = await db.fetch_one(_DELIVERED, trigger_id, key)
    if row is None:
        raise Conflict("The webhook, or what it has kept of this delivery, was removed at this moment. Send it again.")
    return Delivered(row[0], False, row[1], row[2] or "", row[3] or "")


async def keep_answer(run_id: UUID, answer: Mapping[str, Any]) -> None:
    """What the sender was answered, for those who send the same again."""
    await db.execute(_ANSWER, Jsonb(answer), run_id)


async def is_flooded(trigger_id: UUID) -> bool:
    """Whether a webhook has taken in as many deliveries in the last minute as it may."""
    row = await db.fetch_one(_LATELY, trigger_id)
    return row is not None and row[0] >= PER_MINUTE


def is_waiting() -> bool:
    """Whether a run is to be started."""
    return Firing.objects.filter(status=FiringStatus.WAITING).exists()


def forget_old_firings(*, now: datetime | None = None) -> None:
    """Removes what was fired a week ago and does not wait any more; a delivery may then be taken for new."""
    old = Firing.objects.filter(created_at__lt=(now or timezone.now()) - KEPT)
    delete_in_batches(old.exclude(status=FiringStatus.WAITING))
