"""Waiting for what another process or task will do, with an end."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within_s: float = 20.0) -> T:
    """What the condition gives as soon as it holds; fails the test when it does not in time."""
    end = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)
    return found
