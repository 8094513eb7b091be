"""The other commands of `manage.py`: they get the keys and the database of the storage folder, running or not."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from . import storage
from .embedded import START_TIMEOUT_S, Embedded, running
from .environment import database_configured, storage_path
from .lock import StorageLock
from .output import Problem, line
from .process import wait_until

WAIT_S = 300.0  # for another command with a server of its own
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "makemessages",
    "makemigrations",
    "startapp",
    "version",
}
HELP = {"help", "--help", "-h", "--version"}


@contextmanager
def ground(arguments: Sequence[str]) -> Iterator[bool]:
    """Within the block, the settings find the keys and the database that the command needs.

    Yields whether the database is a server of our own, which nobody else uses and no `up` has prepared.

    With no database configured that is the embedded one: of the `up` that runs on this storage, else of our own,
    stopped at the end.

    Args:
        arguments: the command line after `manage.py`.

    Raises:
        Problem: there is no way to it.
    """
    command = arguments[0] if arguments else "help"
    folder = storage_path()
    if HELP.isdisjoint(arguments[:2]) and arguments:
        storage.prepare(folder)
    if database_configured():
        yield False
    elif not arguments or not HELP.isdisjoint(arguments[:2]) or _needs_none(command, arguments):
        os.environ["DATABASE_URL"] = "postgresql://postgres@/parley?host=/nowhere"
        yield False
    else:
        with _server(f"manage.py {command}") as (url, own):
            os.environ["DATABASE_URL"] = url
            yield own


def _needs_none(command: str, arguments: Sequence[str]) -> bool:
    is_on_fakes = command == "provider_check" and "--live" not in arguments
    return command in WITHOUT_DATABASE or is_on_fakes


@contextmanager
def _server(what: str) -> Iterator[tuple[str, bool]]:
    folder = storage_path()
    lock = StorageLock(folder)
    told = False

    def ours_or_up() -> bool:
        nonlocal told
        if lock.acquire(what) or lock.holder().url:
            return True
        if not told:
            line(f"Waiting for `{lock.holder().what}` (process {lock.holder().pid}), which uses {folder}.")
            told = True
        return False

    if not wait_until(ours_or_up, WAIT_S):
        raise Problem(f"{folder} is in use by `{lock.holder().what}` (process {lock.holder().pid}).")
    if lock.held:
        with running(folder) as url:
            yield url, True
        lock.release()
        return
    server = Embedded(folder)
    if not wait_until(server.ready, START_TIMEOUT_S):
        raise Problem(f"`manage.py up` (process {lock.holder().pid}) has no database ready.")
    yield server.url(), False
