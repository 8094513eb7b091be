"""The floor under every figure: a bare ASGI pass-through to the model server, with nothing stored or parsed."""

import os

import aiohttp

UPSTREAM = os.environ["BENCH_UPSTREAM"]
_session: aiohttp.ClientSession | None = None


async def application(scope, receive, send):
    """POST /: the body goes to the model server's chat completions, the answer comes back byte for byte."""
    global _session
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and _session is not None:
                await _session.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if _session is None:
        _session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {"Content-Type": "application/json"}
    async with _session.post(f"{UPSTREAM}/chat/completions", data=body, headers=headers) as answer:
        kind = answer.headers["Content-Type"].encode()
        await send({"type": "http.response.start", "status": answer.status, "headers": [(b"content-type", kind)]})
        async for chunk in answer.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
