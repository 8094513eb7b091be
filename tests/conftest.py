"""Shared fixtures: a real Postgres with pgvector, the real server over HTTP.

Tests of the hot path use `server`: the whole ASGI application under uvicorn in a thread of this process, on the
test database. Such tests must be marked `django_db(transaction=True)`; `server` asks for that itself.
"""

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests import connections, database
from tests.fakes.upstream import Upstream

# Some machines forbid it, and then each of the many processes that tests start compiles all of our code again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
_COMPILED = Path(__file__).parent / "workflows" / "__pycache__"
_until_the_end = ExitStack()
_LONG = (
    "tests/faults/",
    "tests/supervisor/",
    "tests/docs/test_examples",
    "tests/test_role_matrix",
    "tests/e2e/",
    "tests/sandbox/",
)


def pytest_configure(config: pytest.Config) -> None:
    connections.keep()
    database.start(_until_the_end, for_several=bool(config.getoption("numprocesses", None)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits most (whole products, browsers) comes first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: next((rank for rank, part in enumerate(_LONG) if part in item.nodeid), len(_LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Where nothing is compiled yet, the first of several processes does it for all."""
    with database.first_alone() if not _COMPILED.exists() else nullcontext():
        return (yield)


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: it is not looked through again and again for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def pytest_unconfigure() -> None:
    _until_the_end.close()


class Server:
    """The product on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        import uvicorn

        from dify_project.asgi import application
        from dify_project.protocol import Protocol

        config = uvicorn.Config(
            application,
            host="127.0.0.1",
            port=0,
            log_level="warning",
            loop="uvloop",
            http=Protocol,
            ws="websockets-sansio",
            lifespan="on",
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve()

        uvloop.run(main())

    def in_loop(self, function, *args):
        """Runs a coroutine function in the server's loop and returns its result."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(function(*args), self._loop).result(30)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture(autouse=True)
def _every_model_is_well() -> None:
    """What a test does to a model is not remembered against the next one's."""
    from apps.models import health

    health.forget_all()


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once() -> None:
    """Every client of Django's makes its own handler, which would go through all of them again."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def list_files(middleware: Any) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = list_files


@pytest.fixture(scope="session")
def _server(django_db_setup, django_db_blocker) -> Iterator[Server]:
    with django_db_blocker.unblock():
        server = Server()
        yield server
        server.stop()


@pytest.fixture
def server(_server: Server, transactional_db) -> Iterator[Server]:
    """The running product with empty tables and empty caches; what it used is written before the tables are emptied."""
    from apps.billing.services import meter
    from apps.common import caching

    async def forget() -> None:
        caching.clear_all()

    _server.in_loop(forget)
    yield _server
    _server.in_loop(meter.flush)
    _server.in_loop(forget)


@pytest.fixture(scope="session")
def _upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture
def upstream(_upstream: Upstream) -> Upstream:
    """A running server of the OpenAI protocol with all the misbehaving models, its counters at zero."""
    _upstream.reset()
    return _upstream
