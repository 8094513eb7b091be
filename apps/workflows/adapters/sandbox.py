"""The code sandbox beside the product, for nodes of flows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from apps.common import http
from apps.common.errors import AppError
from apps.workflows.engine.contracts import NodeFailed

CODE_ERROR: Final = "CodeExecutionError"
NO_SANDBOX: Final = "The code sandbox does not run here. Ask whoever runs this server to start it."
LONGEST_RUN_S: Final = 60


@dataclass(frozen=True, slots=True)
class CodeSandbox:
    """See `engine.ports.Sandbox`."""

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Runs it in the sandbox."""
        found = await _in_sandbox(language, code, inputs)
        if not isinstance(found, Mapping):
            raise NodeFailed("main must return an object (a dict).", CODE_ERROR, inputs=inputs)
        return found

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        """Renders it in the sandbox."""
        return str(await _in_sandbox("jinja2", template, inputs))


async def _in_sandbox(language: str, code: str, inputs: Mapping[str, Any]) -> Any:
    """What a run of the sandbox brought. Raises NodeFailed: in the code's own words, or why none runs."""
    key = sandbox_key()
    if not key:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs)
    body = json.dumps({"language": language, "code": code, "inputs": inputs}, default=str).encode()
    try:
        answer = await http.fetch(
            "POST",
            f"http://{settings.SANDBOX_HOST}:{settings.SANDBOX_PORT}/v1/run",
            private_allowed=True,
            headers={"X-Api-Key": key, "Content-Type": "application/json"},
            body=body,
            timeout_s=LONGEST_RUN_S + 10,
        )
        said = json.loads(answer.body)
    except (AppError, ValueError) as error:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs) from error
    problem = said.get("error")
    if answer.status != HTTPStatus.OK or problem:
        raise NodeFailed(str((problem or {}).get("message") or NO_SANDBOX), CODE_ERROR, inputs=inputs)
    return said["result"]


def sandbox_key() -> str:
    """The key between the product and its sandbox: as configured, else the one made at the first start; "" for none."""
    if settings.SANDBOX_API_KEY:
        return str(settings.SANDBOX_API_KEY)
    path = settings.STORAGE_LOCAL_PATH / "keys" / "sandbox_key"
    return path.read_text().strip() if path.is_file() else ""
