"""The limits of runs and of the service."""

import os
from dataclasses import dataclass

MB = 1 << 20

BODY_BYTES = 12 * MB
CODE_BYTES = 1 * MB
INPUT_BYTES = 5 * MB
STDOUT_BYTES = 1 * MB
RESULT_BYTES = 4 * MB
JSON_VALUES = 250_000  # values of one request or result: small ones cost far more memory than text
JSON_DEPTH = 200
MESSAGE_CHARACTERS, TRACE_CHARACTERS = 4000, 20000
BATCH_JOBS = 2000
MAX_WALL_S = 60.0
QUEUE = 100
QUEUE_WAIT_S = 30.0
MAX_RUNS_OF_SERVER = 10_000
SERVER_GROWTH = 1.2


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Of one process.

    Args:
        wall_s: from the moment it has its job.
        memory_bytes: private writable memory.
    """

    wall_s: float = 10.0
    memory_bytes: int = 256 * MB

    @property
    def cpu_s(self) -> int:
        """A backstop behind the clock: two seconds are for the start."""
        return int(self.wall_s) + 2


def slots() -> int:
    """How many runs go on at once."""
    return 2 * (os.cpu_count() or 1)
