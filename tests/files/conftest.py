from collections.abc import AsyncIterator

import pytest_asyncio

from apps.common import perloop
from tests.chat.conftest import app, client, workspace


@pytest_asyncio.fixture(autouse=True)
async def _close_what_the_loop_opened() -> AsyncIterator[None]:
    yield
    await perloop.close_all()


__all__ = ["app", "client", "workspace"]
