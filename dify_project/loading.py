"""Loading the code of a long-lived process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def for_good() -> Iterator[None]:
    """What is loaded within the block stays, so it is not looked through for garbage, there or later."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
