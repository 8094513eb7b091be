"""How a part tells the supervisor that it is ready: one line of JSON into a pipe it inherits."""

import json
import os
from contextlib import suppress

VARIABLE = "READY_FD"


def announce(**facts: object) -> None:
    """Called by a part once it serves. Without a supervisor nobody listens, and nothing happens.

    Args:
        facts: what the supervisor may want to say, such as `detail="41 applied"`.
    """
    descriptor = os.environ.pop(VARIABLE, "")
    if not descriptor:
        return
    with suppress(BrokenPipeError), os.fdopen(int(descriptor), "w") as pipe:
        pipe.write(json.dumps(facts) + "\n")


class Announcement:
    """The supervisor's end of the pipe."""

    def __init__(self) -> None:
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._text = b""

    def started(self) -> None:
        """The child has its copy of the writing end; ours goes."""
        os.close(self.write)

    def facts(self) -> dict[str, object] | None:
        """What the part said; None: nothing yet."""
        with suppress(BlockingIOError):
            self._text += os.read(self._read, 4096)
        if not self._text.endswith(b"\n"):
            return None
        facts: dict[str, object] = json.loads(self._text)
        return facts

    def close(self) -> None:
        """Gives the pipe back."""
        os.close(self._read)
