"""Commands of the product, one after the other in one process: each on its own loads all of the code again.

On stdin a line with the arguments of each, as JSON; on stdout a line with its exit code and what it printed.
"""

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout

from tests.database import ROOT


class Shell:
    """A process that runs the commands of one product."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.shell"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        code, output, errors = json.loads(self._process.stdout.readline())
        return code, output, errors

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=20)


def _run(arguments: list[str]) -> int | str | None:
    import manage

    try:
        return manage.main(arguments)
    except SystemExit as stop:
        return stop.code
    finally:
        _leave_the_database()


def _leave_the_database() -> None:
    """As the end of a process does; the server may be another one by the next command."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()


def main() -> None:
    """Serves until stdin ends."""
    for line in sys.stdin:
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            code = _run(json.loads(line))
        print(json.dumps([code, output.getvalue(), errors.getvalue()]), flush=True)


if __name__ == "__main__":
    main()
