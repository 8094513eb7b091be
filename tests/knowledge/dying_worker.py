"""A worker process that is killed at a named place: `python -m tests.knowledge.dying_worker PLACE`."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from apps.common.perloop import run  # noqa: E402
from apps.knowledge import reading  # noqa: E402
from apps.knowledge.services import copying, embedding, indexing, jobs, pipeline, segment_rows  # noqa: E402

# Place: (owner, name, the call at which the process dies).
PLACES: dict[str, tuple[Any, str, int]] = {
    "claimed": (reading, "parse", 1),
    "parsed": (reading, "tidy", 1),
    "cleaned": (reading, "cut", 1),
    "split, nothing written": (copying, "copy_rows", 1),
    "segments written, not committed": (copying, "copy_rows", -1),
    "segments committed": (indexing, "write_segments", -1),
    "embedding": (embedding.Embedder, "embed", 2),
    "vectors written, not committed": (segment_rows, "_count_terms", 1),
    "first batch committed": (pipeline.Pipeline, "_persist", 2),
    "terms counted, not committed": (copying, "copy_rows", 5),
    "all committed but the end": (jobs, "complete", 1),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(owner: Any, name: str, call: int) -> None:
    """The process dies at the beginning of a call; at -1 at the end of the first one."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def dies_before(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            die()
        return original(*args, **kwargs)

    async def dies_after(*args: Any, **kwargs: Any) -> None:
        await original(*args, **kwargs)
        die()

    setattr(owner, name, dies_before if call > 0 else dies_after)


if __name__ == "__main__":
    kill_at(*PLACES[sys.argv[1]])
    run(indexing.index_pending())
