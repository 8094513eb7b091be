"""A delivery to a webhook: the run it starts, and what its sender is answered."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from apps.common.encoding import dumps
from apps.common.errors import InvalidParam, TooManyRequests
from apps.common.run_events import FlowEnd, FlowPause, MessageEnd, RunError
from apps.common.text import storable
from apps.logs.choices import FlowStatus
from apps.logs.kept_values import masked
from apps.prompts.callers import Caller
from apps.prompts.choices import InvokeFrom
from apps.prompts.runtime import draft_by_id
from apps.workflows.choices import FiredBy
from apps.workflows.errors import TriggeredRunFailed
from apps.workflows.nodes.trigger_webhook.config import TriggerWebhookConfig
from apps.workflows.services.firings import Delivered, deliver, delivered, is_flooded, keep_answer
from apps.workflows.triggers.deliveries import Delivery, read_delivery
from apps.workflows.triggers.signing import ID, verify
from apps.workflows.webhooks import LiveWebhook, TriedWebhook, webhook_of

from .flow import Flow, launch_flow, prepare_flow
from .runs import Run
from .sent_files import forget_files, keep_files
from .state import TriggerStart, TurnRequest
from .triggered import triggered_flow

WAIT_S: Final = 100.0
POLL_S: Final = 0.2
KEY_HEADERS: Final = ("idempotency-key", ID, "x-github-delivery")
MAX_KEY: Final = 200
_ENDED: Final = frozenset(FlowStatus.values) - {FlowStatus.RUNNING, FlowStatus.PAUSED}
_GOOD: Final = frozenset({FlowStatus.SUCCEEDED.value, FlowStatus.PARTIAL.value})
_settling: set["asyncio.Task[Mapping[str, Any]]"] = set()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a sender is answered.

    Args:
        run_id: of the run the delivery, or an earlier one of the same key, has started.
    """

    status: int
    body: str
    run_id: UUID
    is_repeated: bool = False

    @property
    def content_type(self) -> str:
        """JSON if it is that. Never HTML: the address is one of the console's own host."""
        try:
            orjson.loads(self.body)
        except ValueError:
            return "text/plain; charset=utf-8"
        return "application/json"


async def answer_delivery(webhook: LiveWebhook, delivery: Delivery) -> Reply:
    """Starts the delivery's run, once for each key, and says what its sender is answered.

    Raises:
        TooManyRequests, InvalidSignature, InvalidParam: the request is not taken in; see `read_delivery` too.
    """
    if await is_flooded(webhook.trigger_id):
        raise TooManyRequests
    key = _key(webhook, delivery)
    read = read_delivery(webhook.config, delivery)
    values = await keep_files(webhook.workspace_id, read)
    flow = await triggered_flow(webhook.workspace_id, webhook.app_id, FiredBy.TRIGGER, webhook.node_id, values)
    run_id = flow.envelope.message_id
    at_once = _first_answer(webhook.config, flow) if webhook.config.async_mode else None
    key = key or f"run {run_id}"
    taken = await deliver(
        run_id=run_id, trigger_id=webhook.trigger_id, key=key, answer=at_once, operations=flow.first_operations()
    )
    if not taken.is_new:
        await forget_files(values, read)
        return _reply(taken, await _earlier_answer(webhook, key, taken))
    run = launch_flow(flow)
    return _reply(taken, at_once or await _settled(webhook.config, flow, run))


async def try_delivery(webhook: TriedWebhook, delivery: Delivery, account_id: UUID | None = None) -> dict[str, Any]:
    """Runs the draft for those who make it; tells what came, how the run ended and what a sender would be answered.

    Signatures are not looked at, and nothing is taken for a repetition.

    Raises:
        TriggerNotFound, NotFound: the draft has no such webhook. Else what `read_delivery` and `prepare_flow` raise.
    """
    app = await draft_by_id(webhook.app_id, webhook.workspace_id)
    config = webhook_of(app.flow or {}, webhook.node_id)
    values = await keep_files(webhook.workspace_id, read_delivery(config, delivery), account_id)
    caller = Caller(InvokeFrom.DEBUGGER.value, account_id=account_id)
    flow = await prepare_flow(
        TurnRequest(app=app, caller=caller, inputs={}, trigger=TriggerStart(webhook.node_id, values))
    )
    at_once = _first_answer(config, flow)
    run = launch_flow(flow)
    told = {"run_id": str(flow.envelope.message_id), "variables": values}
    try:
        end = await asyncio.wait_for(run.result(), WAIT_S)
    except TimeoutError:
        return {**told, "status": "running", "answer": at_once}
    answer = at_once if config.async_mode else _last_answer(config, flow, end)
    return {**told, **_outcome(end), "answer": answer}


def _key(webhook: LiveWebhook, delivery: Delivery) -> str:
    """What the sender calls the delivery; of a signed one its signed id, so that nobody can send it as another."""
    if webhook.secret is not None:
        key = verify(webhook.secret, delivery.headers, delivery.body, time.time())
    else:
        key = next((delivery.headers[name] for name in KEY_HEADERS if delivery.headers.get(name)), "")
    if len(key) > MAX_KEY:
        raise InvalidParam(f"The delivery's key has at most {MAX_KEY} characters.", params="Idempotency-Key")
    return storable(key)


async def _settled(config: TriggerWebhookConfig, flow: Flow, run: Run) -> Mapping[str, Any]:
    """The answer once the run has ended, or that it takes longer. It is kept also where the sender has left."""
    task = asyncio.create_task(_settle(config, flow, run), name="webhook answer")
    _settling.add(task)
    task.add_done_callback(_settling.discard)
    try:
        return await asyncio.wait_for(asyncio.shield(task), WAIT_S)
    except TimeoutError:
        return _still_running(flow.envelope.message_id)


async def _settle(config: TriggerWebhookConfig, flow: Flow, run: Run) -> Mapping[str, Any]:
    answer = _last_answer(config, flow, await run.result())
    await keep_answer(flow.envelope.message_id, answer)
    return answer


async def _earlier_answer(webhook: LiveWebhook, key: str, taken: Delivered) -> Mapping[str, Any]:
    """What the first delivery of the key was answered, as soon as it is; its run may be another process's."""
    deadline = time.monotonic() + WAIT_S
    while taken.answer is None:
        if taken.status in _ENDED:  # its process died, or has not written the answer yet
            await asyncio.sleep(POLL_S)
            taken = await delivered(webhook.trigger_id, key)
            return taken.answer or _failure(taken.error)
        if time.monotonic() > deadline:
            return _still_running(taken.run_id)
        await asyncio.sleep(POLL_S)
        taken = await delivered(webhook.trigger_id, key)
    return taken.answer


def _reply(taken: Delivered, answer: Mapping[str, Any]) -> Reply:
    return Reply(int(answer["status"]), str(answer["body"]), taken.run_id, not taken.is_new)


def _first_answer(config: TriggerWebhookConfig, flow: Flow) -> dict[str, Any]:
    """The answer to who does not wait: of the run only what the request brought is known."""
    if not config.response_body:
        return {**_still_running(flow.envelope.message_id), "status": config.status_code}
    return _filled(config, flow)


def _last_answer(
    config: TriggerWebhookConfig, flow: Flow, end: FlowEnd | FlowPause | MessageEnd | RunError
) -> dict[str, Any]:
    """The answer to who waits for the run; one that waits for people itself goes on without them."""
    if isinstance(end, FlowPause):
        return _still_running(flow.envelope.message_id)
    outcome = _outcome(end)
    if outcome["status"] not in _GOOD:
        return _failure(str(outcome["error"] or ""))
    if not config.response_body:
        return {"status": config.status_code, "body": storable(dumps(outcome["outputs"]))}
    return _filled(config, flow)


def _filled(config: TriggerWebhookConfig, flow: Flow) -> dict[str, Any]:
    body = str(masked(flow.pool.fill(config.response_body), flow.secrets))
    return {"status": config.status_code, "body": storable(body)}


def _still_running(run_id: UUID) -> dict[str, Any]:
    return {"status": 202, "body": dumps({"run_id": str(run_id), "status": FlowStatus.RUNNING.value})}


def _failure(reason: str) -> dict[str, Any]:
    failure = TriggeredRunFailed(reason or None)
    return {"status": failure.http_status, "body": dumps(failure.body())}


def _outcome(end: FlowEnd | FlowPause | MessageEnd | RunError) -> dict[str, Any]:
    if isinstance(end, FlowEnd):
        return {name: end.data.get(name) for name in ("status", "outputs", "error")}
    if isinstance(end, FlowPause):
        return {"status": FlowStatus.PAUSED.value, "outputs": end.data.get("outputs"), "error": None}
    error = end.message if isinstance(end, RunError) else ""
    return {"status": FlowStatus.FAILED.value, "outputs": None, "error": error}
