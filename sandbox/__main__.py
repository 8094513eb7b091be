"""`python -m sandbox` starts the service."""

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
from contextlib import suppress

from . import app, settings
from .errors import SetupError
from .http import App, Connection
from .kernel import calls
from .service import Service
from .settings import Settings

BACKLOG = 1024


def main() -> None:
    """Until SIGTERM or SIGINT; ends with code 1 and one sentence if it cannot start."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        read = settings.read()
        listener = _listen(read)
    except SetupError as error:
        sys.exit(str(error))
    calls.prctl(calls.PR_SET_DUMPABLE, 0)  # other processes of this user cannot read the key out of it
    calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 1)  # what a killed fork server leaves behind is ours to end
    calls.return_large_blocks()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(read, listener))


def _listen(read: Settings) -> socket.socket:
    """The socket the supervisor handed over, or one of our own. Raises SetupError."""
    if read.listen_fd >= 0:
        return socket.socket(fileno=read.listen_fd)
    family = socket.AF_INET6 if ":" in read.address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((read.address, read.port))
        listener.listen(BACKLOG)
    except OSError as error:
        raise SetupError(f"Cannot listen on {read.address}:{read.port}: {error.strerror}. Set SANDBOX_PORT.") from error
    return listener


async def _serve(read: Settings, listener: socket.socket) -> None:
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    port = listener.getsockname()[1]
    service = Service(read, port)
    await service.start()
    application: App = app.make(service, read.key, read.limits)
    gc.freeze()
    server = await loop.create_server(lambda: Connection(application), sock=listener)
    _announce(read.ready_fd, service, port)
    await end.wait()
    server.close()
    service.close()


def _announce(descriptor: int, service: Service, port: int) -> None:
    """Tells a supervisor, by a line of JSON into the pipe it left open, or else a person."""
    detail = f"level {service.level} on port {port}"
    if descriptor < 0:
        logging.getLogger("sandbox").warning("ready: %s", detail)
        return
    with suppress(BrokenPipeError), os.fdopen(descriptor, "w") as pipe:
        pipe.write(json.dumps({"detail": detail}) + "\n")


main()
