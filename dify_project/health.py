"""GET /health: whether the product serves, its parts and their versions."""

import asyncio
import importlib.util
import json
import os
import platform
import time
from typing import Any

import django
import psycopg
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.common import db
from apps.common.perloop import PerLoop

from .heartbeats import LATE_S

CACHE_S = 1.0
TIMEOUT_S = 2

QUERY = b"""
    select current_setting('server_version'),
           (select extversion from pg_extension where extname = 'vector'),
           (select json_agg(json_build_object('part', part, 'host', host, 'pid', pid, 'version', version,
                                              'age_s', round(extract(epoch from now() - beat_at)::numeric, 1))
                            order by beat_at desc)
            from dify_project_heartbeat where beat_at > now() - interval '1 day')
"""


class Checks:
    """The last answer of one event loop, so that a flood of questions costs the database one query a second."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._answered_at = 0.0
        self._answer: dict[str, Any] = {}

    async def answer(self) -> dict[str, Any]:
        """The body of `/health`, at most CACHE_S old."""
        async with self._lock:
            if time.monotonic() - self._answered_at > CACHE_S:
                self._answer = await _look()
                self._answered_at = time.monotonic()
            return self._answer


async def _nothing(checks: Checks) -> None:
    """There is nothing to close."""


_checks: PerLoop[Checks] = PerLoop("health", Checks, _nothing)


@require_safe
async def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. A late worker is reported, and does not make the web server ill."""
    body = await report()
    response = JsonResponse(body, status=200 if body["status"] == "ok" else 503)
    response["Cache-Control"] = "no-store"
    return response


async def report() -> dict[str, Any]:
    """What `/health` answers; its `status` is `ok` or `unavailable`."""
    return await _checks.get().answer()


async def _look() -> dict[str, Any]:
    row = await _ask_database()
    beats: list[dict[str, Any]] = (row[2] if row else None) or []
    workers = [beat for beat in beats if beat["part"] == "worker"]
    return {
        "status": "ok" if row else "unavailable",
        "version": settings.VERSION,
        "parts": {
            "web": {"status": "ok", "pid": os.getpid()},
            "database": {"status": "ok" if row else "unavailable"},
            "worker": _worker(workers) if row else {"status": "unknown"},
            "sandbox": await _sandbox(),
        },
        "versions": {
            "python": platform.python_version(),
            "django": django.get_version(),
            "postgres": row[0].split()[0] if row else None,
            "pgvector": row[1] if row else None,
        },
    }


async def _ask_database() -> tuple[Any, ...] | None:
    """By a connection of its own: a pool that is full, or still waiting to connect again, is not a dead database."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            connection = await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True)
            async with connection:
                cursor = await connection.execute(QUERY)
                return await cursor.fetchone()
    except (psycopg.Error, TimeoutError):
        return None


def _worker(workers: list[dict[str, Any]]) -> dict[str, Any]:
    alive = [worker for worker in workers if worker["age_s"] < LATE_S]
    status = "ok" if alive else "late" if workers else "missing"
    return {"status": status, "heartbeats": alive or workers[:1]}


async def _sandbox() -> dict[str, Any]:
    """The sandbox's own report, in short: at which level it runs code."""
    if importlib.util.find_spec("sandbox") is None:
        return {"status": "off"}
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(settings.SANDBOX_HOST, settings.SANDBOX_PORT)
            writer.write(b"GET /health HTTP/1.0\r\n\r\n")
            report = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])
            writer.close()
        return {"status": str(report["status"]), "level": int(report["level"])}
    except (OSError, TimeoutError, ValueError, KeyError, TypeError):
        return {"status": "unavailable"}
