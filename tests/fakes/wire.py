"""A TCP server that answers every HTTP request with given bytes, at a given pace: for what no sane server sends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Wire:
    def __init__(self, parts: Sequence[bytes], pause_s: float, hang: bool) -> None:
        self.parts, self.pause_s, self.hang = parts, pause_s, hang
        self.requests: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            for part in self.parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(self.pause_s)
            if self.hang:
                await reader.read()  # until the client leaves; its body comes first
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(*parts: bytes, pause_s: float = 0, hang: bool = False) -> AsyncIterator[Wire]:
    """A wire server for the length of a block; `hang`: it keeps the connection open after the last part."""
    wire = Wire(parts, pause_s, hang)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
