"""Which parts there are and how each is run, from the environment."""

import importlib.util
import socket
from collections.abc import Iterator
from pathlib import Path

from .environment import BASE_DIR, Environment, text
from .logs import file_for
from .output import Problem, say
from .parts import Part, Program

KINDS = ("database", "web", "worker", "sandbox")
DRAIN_S = 30  # a stopping web server gives its streams this long
WORKER_STOP_S = 10  # a job that takes longer is picked up again by its row
SANDBOX_PORT = 8194
SANDBOX_STOP_S = 5
SANDBOX_HURRIED_S = 1.0  # it has runs to end
FOR_SANDBOX = ("PATH", "PYTHONPATH", "STORAGE_LOCAL_PATH", "MALLOC_ARENA_MAX")
BACKLOG = 2048


class Assembly:
    """Makes the parts of one `up`.

    Args:
        environment: the settings.
        env: the environment of every part.
        log_to_files: False: parts write to our own output, as a container wants it.
    """

    def __init__(self, environment: Environment, env: dict[str, str], *, log_to_files: bool) -> None:
        self._environment, self._env, self._log_to_files = environment, env, log_to_files

    def log(self, name: str) -> Path | None:
        """The part's log file."""
        return file_for(self._environment.storage, name) if self._log_to_files else None

    def migrations(self) -> Program:
        """Migrations and the first owner, in one interpreter that ends before the others begin."""
        password = {"ADMIN_PASSWORD": text("ADMIN_PASSWORD")} if text("ADMIN_PASSWORD") else {}
        command = [str(BASE_DIR / "manage.py"), "prepare"]
        return self._program("migrations", command, WORKER_STOP_S, env={**self._env, **password})

    def web(self, listener: socket.socket) -> Iterator[Part]:
        """The web processes, which accept from one socket."""
        for name in _numbered("web", self._environment.web_processes):
            env = {**self._env, "DRAIN_S": str(DRAIN_S)}
            yield self._program(name, ["-m", "dify_project.web"], DRAIN_S + 10, env=env, listener=listener)

    def workers(self) -> Iterator[Part]:
        """The Celery workers; the first has beat inside."""
        for name in _numbered("worker", self._environment.worker_processes):
            env = {**self._env, "WORKER_BEAT": "1" if name in {"worker", "worker 1"} else "0"}
            yield self._program(name, ["-m", "dify_project.worker"], WORKER_STOP_S, env=env)

    def sandbox(self) -> Iterator[Part]:
        """The code sandbox, if this installation has it. The others learn its port and key."""
        if importlib.util.find_spec("sandbox") is None:
            say("sandbox", "not part of this installation; code nodes are off")
            return
        listener = _listen_for_sandbox()
        self._env["SANDBOX_PORT"] = str(listener.getsockname()[1])
        if not text("SANDBOX_API_KEY"):
            self._env["SANDBOX_API_KEY"] = (self._environment.storage / "keys" / "sandbox_key").read_text().strip()
        # It runs strangers' code, so that it is told nothing but this.
        env = {name: value for name, value in self._env.items() if name.startswith("SANDBOX_") or name in FOR_SANDBOX}
        yield self._program(
            "sandbox", ["-m", "sandbox"], SANDBOX_STOP_S, env=env, listener=listener, hurried_s=SANDBOX_HURRIED_S
        )

    def _program(
        self,
        name: str,
        command: list[str],
        stop_s: float,
        *,
        env: dict[str, str],
        listener: socket.socket | None = None,
        hurried_s: float = 0.0,
    ) -> Program:
        return Program(
            name,
            command,
            env=env,
            log=self.log(name),
            stop_timeout_s=stop_s,
            hurried_s=hurried_s,
            listener=listener,
        )


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def listen(environment: Environment) -> socket.socket:
    """The socket all web processes accept from; a restarted one finds its callers waiting there.

    Raises:
        Problem: the address is taken or not ours.
    """
    address, port = environment.address, environment.port
    try:
        family, kind, _, _, name = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(name)
        listener.listen(BACKLOG)
    except OSError as error:
        raise Problem(
            f"Cannot listen on {address}:{port}: {error.strerror}. Set DIFY_PORT or DIFY_BIND_ADDRESS."
        ) from error
    return listener


def _listen_for_sandbox() -> socket.socket:
    """On SANDBOX_PORT, else the usual one, else (another instance has it) any free one. Raises Problem."""
    address = text("SANDBOX_BIND_ADDRESS") or "127.0.0.1"
    ports = [int(text("SANDBOX_PORT"))] if text("SANDBOX_PORT") else [SANDBOX_PORT, 0]
    for port in ports:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            continue
        return listener
    raise Problem(f"The sandbox cannot listen on {address}:{ports[0]}. Set SANDBOX_PORT.")
