"""A TCP port that leads to the tests' Postgres, which listens on a socket file only."""

import socket
from contextlib import suppress
from threading import Thread


class Relay:
    def __init__(self, host: str, port: int) -> None:
        self._target = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.connections = 0
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                inside, _ = self._door.accept()
            except OSError:
                return
            self.connections += 1
            if isinstance(self._target, str):
                outside = socket.socket(socket.AF_UNIX)
                outside.connect(self._target)
            else:
                outside = socket.create_connection(self._target)
            for one, other in ((inside, outside), (outside, inside)):
                Thread(target=_pump, args=(one, other), daemon=True).start()

    def stop(self) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
