"""`manage.py up`: brings the parts up in order, watches them, and takes them down in order."""

import argparse
import signal
import socket
import time
from collections.abc import Iterable, Sequence

from . import storage, variables
from .assembly import KINDS, Assembly, listen
from .embedded import STOP_TIMEOUT_S, Embedded
from .environment import Environment, database_configured, for_children, text
from .lock import StorageLock
from .logs import trim
from .output import Problem, line, say
from .parts import Database, Part
from .process import adopt_orphans, end_orphans, wait_until
from .watch import SIGNALS, StopRequested, Watched, all_ready, run_until, stop

TRIM_EVERY_S = 60.0
COMMAND_WAIT_S = 60.0
MODES = {"api": ("web",), "worker": ("worker",)}


class Supervisor:
    """One run of `up`.

    Args:
        environment: the settings.
        only: the kinds of parts to run.
        log_to_files: False: parts write to our own output.
    """

    def __init__(self, environment: Environment, only: frozenset[str], *, log_to_files: bool) -> None:
        self._environment, self._only, self._log_to_files = environment, only, log_to_files
        self._watched: list[Watched] = []
        self._server: Embedded | None = None
        self._listener: socket.socket | None = None

    def run(self) -> None:
        """Returns when somebody asked it to stop. Raises Problem when the product does not come up."""
        adopt_orphans()
        try:
            self._bring_up()
            self._watch()
        except StopRequested:
            line("Stopping; Ctrl-C again stops at once.")
        finally:
            self._take_down()
        line("Stopped.")

    def _bring_up(self) -> None:
        if "web" in self._only:
            self._listener = listen(self._environment)
        env = for_children(self._environment.storage, self._database())
        assembly = Assembly(self._environment, env, log_to_files=self._log_to_files)
        has_owner = self._migrate(assembly)
        sandbox = list(assembly.sandbox()) if "sandbox" in self._only else []
        web = list(assembly.web(self._listener)) if self._listener else []
        workers = list(assembly.workers()) if "worker" in self._only else []
        self._start([*web, *workers, *sandbox])
        run_until(self._watched, lambda: all_ready(self._watched))
        if web:
            self._welcome(has_owner=has_owner)

    def _start(self, parts: Iterable[Part]) -> None:
        for part in parts:
            if part.log:
                trim(part.log)
            watched = Watched(part)
            self._watched.append(watched)
            watched.start()

    def _database(self) -> str:
        """Starts the embedded server; returns its DATABASE_URL, empty when the environment names a database."""
        if database_configured():
            say("database", "the one named by the environment")
            return ""
        if "database" not in self._only:
            raise Problem("Without the part `database`, set DATABASE_URL or DB_HOST.")
        server = self._server = Embedded(self._environment.storage, warn=lambda warning: say("database", warning))
        server.initialise()
        if not wait_until(lambda: not server.still_ending(), STOP_TIMEOUT_S):
            raise Problem(f"Another Postgres is still running in {server.data}.")
        assembly = Assembly(self._environment, {}, log_to_files=self._log_to_files)
        self._start([Database(server, log=assembly.log("database"))])
        run_until(self._watched, lambda: all_ready(self._watched))
        return server.url()

    def _migrate(self, assembly: Assembly) -> bool:
        """Runs the migrations; returns whether there is an owner who can sign in."""
        if self._only <= {"database", "sandbox"}:
            return False
        part, began = assembly.migrations(), time.monotonic()
        part.start()
        try:
            run_until(self._watched, lambda: part.exit_code() is not None)
        finally:
            stop([Watched(part)], hurry=False)
        if part.exit_code() != 0 or not part.is_ready():
            raise Problem(f"The start could not be prepared. {part.last_words()} (log: {part.log})")
        say(part.name, f"ready in {time.monotonic() - began:.1f} s ({part.detail})")
        return bool(part.facts["owner"])

    def _welcome(self, *, has_owner: bool) -> None:
        environment = self._environment
        name = f" as {environment.admin_email}" if environment.admin_email else ""
        line(f"{environment.product} is at {environment.url}")
        line(f"Sign in{name}." if has_owner else f"Create the first account: {environment.url}/install")

    def _watch(self) -> None:
        while True:
            deadline = time.monotonic() + TRIM_EVERY_S
            run_until(self._watched, lambda: time.monotonic() > deadline)  # noqa: B023 - called at once
            for watched in self._watched:
                if watched.part.log:
                    trim(watched.part.log)

    def _take_down(self) -> None:
        if self._listener:
            self._listener.close()  # new connections are refused instead of left waiting
        hurry = False
        for kind in ("web", "worker", "sandbox", "database"):
            group = [watched for watched in self._watched if watched.part.name.split()[0] == kind]
            hurry = stop(group, hurry=hurry)
        end_orphans()
        if self._server:
            self._server.clean_up()


def main(arguments: Sequence[str]) -> int:
    """The command line of `manage.py up`; returns its exit code."""
    options = _parse(arguments)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        environment = Environment.read()
        storage.prepare(environment.storage)
        only = frozenset(options.only or _kinds_of_mode())
        lock = StorageLock(environment.storage)
        # A single part beside an outside database is one of many: they share the storage folder.
        if only == frozenset(KINDS) or not database_configured():
            _take(lock, environment)
        for notice in variables.notices():
            line(notice)
        Supervisor(environment, only, log_to_files=not options.logs).run()
    except Problem as problem:
        line(f"{problem}")
        return 1
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Runs the whole product until Ctrl-C.")
    parser.add_argument("--only", nargs="+", choices=KINDS, metavar="PART", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--logs", action="store_true", help="the parts' logs here, instead of in <storage>/run")
    return parser.parse_args(arguments)


def _kinds_of_mode() -> Sequence[str]:
    """What the variable MODE asks for. Raises Problem."""
    mode = text("MODE")
    if mode and mode not in MODES:
        raise Problem(f"MODE must be {' or '.join(MODES)}, or unset to run everything, not {mode!r}.")
    return MODES.get(mode, KINDS)


def _take(lock: StorageLock, environment: Environment) -> None:
    """Raises Problem when the storage is in use; a command is waited for."""

    def taken() -> bool:
        return lock.acquire("manage.py up", environment.url)

    if taken():
        return
    holder = lock.holder()
    if not holder.url:
        line(f"Waiting for `{holder.what}` (process {holder.pid}), which uses {environment.storage}.")
        if wait_until(taken, COMMAND_WAIT_S):
            return
    at = f" at {holder.url}" if holder.url else ""
    raise Problem(f"{environment.storage} is in use by `{holder.what}` (process {holder.pid}){at}.")
