"""The code sandbox beside the product, for nodes of flows."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from apps.common import http
from apps.common.errors import AppError
from apps.workflows.engine.contracts import NodeFailed

CODE_ERROR: Final = "CodeExecutionError"
NO_SANDBOX: Final = "The code sandbox does not run here. Ask whoever runs this server to start it."
LONGEST_RUN_S: Final = 60
# Half of what one request may hold.
BATCH_JOBS: Final = 500
BATCH_BYTES: Final = 2 * 2**20


class CodeSandbox:
    """See `engine.ports.Sandbox`. Templates that are asked for at the same moment share a process."""

    def __init__(self) -> None:
        self._templates: list[tuple[dict[str, Any], asyncio.Future[Any]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Runs it in a process of its own."""
        answer = await _post("run", {"language": language, "code": code, "inputs": inputs}, inputs)
        found = _result(answer, inputs)
        if not isinstance(found, Mapping):
            raise NodeFailed("main must return an object (a dict).", CODE_ERROR, inputs=inputs)
        return found

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        """Renders it with those that are waiting."""
        future = asyncio.get_running_loop().create_future()
        self._templates.append(({"code": template, "inputs": inputs}, future))
        if len(self._templates) == 1:
            task = asyncio.create_task(self._send())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return str(_result(await future, inputs))

    async def _send(self) -> None:
        await asyncio.sleep(0)  # who runs at the same moment asks before this goes on
        waiting, self._templates = self._templates, []
        try:
            answers = await _rendered([job for job, _ in waiting])
        except NodeFailed as error:
            answers = [error] * len(waiting)
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.done():
                future.set_result(answer)


async def _rendered(jobs: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """An answer for each template, in batches of what a request may hold."""
    answers: list[Any] = []
    for batch in _batches(jobs):
        if len(batch) == 1:
            answers.append(await _post("run", {"language": "jinja2", **batch[0]}, batch[0]["inputs"]))
        else:
            found = await _post("batch", {"language": "jinja2", "jobs": batch}, {})
            answers += found["results"] if "results" in found else [found] * len(batch)
    return answers


def _batches(jobs: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    size = 0
    for job in jobs:
        own = len(json.dumps(job, default=str))
        if batch and (size + own > BATCH_BYTES or len(batch) >= BATCH_JOBS):
            yield batch
            batch, size = [], 0
        batch.append(job)
        size += own
    yield batch


async def _post(path: str, job: Mapping[str, Any], inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sandbox's answer. Raises NodeFailed: none runs here."""
    key = sandbox_key()
    if not key:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs)
    try:
        answer = await http.fetch(
            "POST",
            f"http://{settings.SANDBOX_HOST}:{settings.SANDBOX_PORT}/v1/{path}",
            private_allowed=True,
            headers={"X-Api-Key": key, "Content-Type": "application/json"},
            body=json.dumps(job, default=str).encode(),
            timeout_s=LONGEST_RUN_S + 10,
        )
        said = json.loads(answer.body)
    except (AppError, ValueError) as error:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs) from error
    if answer.status != HTTPStatus.OK:
        raise NodeFailed(_why(said), CODE_ERROR, inputs=inputs)
    return said  # type: ignore[no-any-return]  # the wire is this product's own


def _result(answer: Any, inputs: Mapping[str, Any]) -> Any:
    """What a job brought. Raises NodeFailed: in the code's own words, or why none ran."""
    if isinstance(answer, NodeFailed):
        raise NodeFailed(answer.message, answer.kind, inputs=inputs)
    if answer.get("error"):
        raise NodeFailed(_why(answer), CODE_ERROR, inputs=inputs)
    return answer["result"]


def _why(said: Mapping[str, Any]) -> str:
    return str((said.get("error") or {}).get("message") or NO_SANDBOX)


def sandbox_key() -> str:
    """The key between the product and its sandbox: as configured, else the one made at the first start; "" for none."""
    if settings.SANDBOX_API_KEY:
        return str(settings.SANDBOX_API_KEY)
    path = settings.STORAGE_LOCAL_PATH / "keys" / "sandbox_key"
    return path.read_text().strip() if path.is_file() else ""
