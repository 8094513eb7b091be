"""Waiting for what another process or task will do, with an end."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Returns as soon as the condition holds; fails the test when it does not in time."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)
