"""A web process: uvicorn on the socket it inherits from the supervisor, else on DIFY_BIND_ADDRESS and DIFY_PORT.

On SIGTERM it stops accepting, closes websockets with 1012 and gives streams DRAIN_S seconds to end.
"""

import os
import socket

import uvicorn

from apps.common.lifespan import begin_stop

from .loading import for_good
from .protocol import Protocol
from .supervisor.ready import announce


class Config(uvicorn.Config):
    """Knows that an application that is loaded is not unloaded."""

    def load(self) -> None:
        """Imports the application."""
        with for_good():
            super().load()


class Server(uvicorn.Server):
    """Says when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, after the application's own start."""
        await super().startup(sockets)
        if self.started:
            announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops accepting and lets streams end; runs without a reader share the same time."""
        begin_stop(self.config.timeout_graceful_shutdown or 0)
        await super().shutdown(sockets)


def main() -> None:
    """Serves until SIGTERM."""
    config = Config(
        "dify_project.asgi:application",
        host=os.environ.get("DIFY_BIND_ADDRESS") or "127.0.0.1",
        port=int(os.environ.get("DIFY_PORT") or 5001),
        loop="uvloop",
        http=Protocol,
        ws="websockets-sansio",
        ws_max_size=int(os.environ.get("REQUEST_BODY_LIMIT_MB") or 5) * 2**20,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(os.environ.get("DRAIN_S") or 30),
    )
    descriptor = os.environ.pop("LISTEN_FD", "")
    sockets = [socket.socket(fileno=int(descriptor))] if descriptor else None
    Server(config).run(sockets)


if __name__ == "__main__":
    main()
