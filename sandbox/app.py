"""The addresses of the sandbox."""

from collections.abc import Callable
from typing import Any

from . import wire
from .errors import Refusal
from .http import App
from .limits import RunLimits
from .run import Outcome
from .service import Service
from .wire import Request

ORIGINAL = "/v1/sandbox/run"

Answer = tuple[int, dict[str, Any]]


def make(service: Service, key: str, limits: RunLimits) -> App:
    """The routes over one service."""

    def route(
        read: Callable[[bytes, RunLimits], Request], answer: Callable[[Request, Outcome], dict[str, Any]]
    ) -> Callable[[bytes], Any]:
        async def run(body: bytes) -> Answer:
            request = read(body, limits)
            return 200, answer(request, await service.run(request))

        return run

    async def health(body: bytes) -> Answer:
        facts = service.health()
        return 200 if facts["status"] == "ok" else 503, facts

    return App(
        key=key,
        routes={
            "POST /v1/run": route(wire.single, wire.answer_single),
            "POST /v1/batch": route(wire.batch, wire.answer_batch),
            f"POST {ORIGINAL}": route(wire.original, wire.answer_original),
            "GET /health": health,
        },
        open_routes=frozenset({"GET /health"}),
        refuse=_refuse,
    )


def _refuse(path: str, refusal: Refusal) -> dict[str, Any]:
    if path.startswith("/v1/sandbox/"):
        return {"code": -refusal.status, "message": refusal.message, "data": None}
    return {"error": {"kind": refusal.kind, "message": refusal.message}}
