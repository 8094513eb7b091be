"""The outbound door: what it lets through, what it refuses, how much it reads."""

import ast
import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import apps
from apps.common import guard, http, perloop
from tests.fakes.wire import Wire, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
FORBIDDEN_CLIENTS = {
    "requests",
    "httpx",
    "httpx2",
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
    "websockets.client",
}
A_SERVER = "aiohttp.web"

LOOPBACK_FORMS = [
    "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost.", "LOCALHOST", "[::]",
    "127.0.0.1.",
]  # fmt: skip
NEVER_ALLOWED = [
    "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "100.100.100.200", "[fd00:ec2::254]", "0.0.0.0", "[::]",
    "224.0.0.1", "[ff02::1]", "2852039166", "0xa9fea9fe", "[64:ff9b::a9fe:a9fe]", "255.255.255.255",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "100.64.0.1",
    "[fd00::1]",
    "[fc00::1]",
    "198.18.0.1",
    "[fec0::1]",
    "192.0.2.1",
]
ODD_URLS = [
    "file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "data:text/plain,hi", "unix:///var/run/x",
    "jar:http://x!/", "//127.0.0.1/", "http://", "http:///x", "", "nonsense", "http://user@127.0.0.1/", "http://example.org:70000/",
    "http://[::1/", "javascript:alert(1)", "ws://127.0.0.1/",
]  # fmt: skip
BAD_PORTS = [22, 25, 111, 3306, 5432, 6379, 11211]


@pytest_asyncio.fixture(autouse=True)
async def _close_what_the_loop_opened() -> AsyncIterator[None]:
    yield
    await perloop.close_all()


@pytest_asyncio.fixture
async def canary() -> AsyncIterator[Wire]:
    async with serving(OK) as wire:
        yield wire


@pytest.mark.parametrize("host", LOOPBACK_FORMS)
async def test_no_spelling_of_loopback_passes_the_strict_door(canary: Wire, host: str) -> None:
    with pytest.raises(http.AddressBlocked) as caught:
        await http.fetch("GET", f"http://{host}:{canary.port}/", private_allowed=False, timeout_s=3)
    assert caught.value.message == guard.AddressBlocked.default_message
    assert canary.requests == []


@pytest.mark.parametrize("host", [*NEVER_ALLOWED, *PRIVATE])
async def test_private_and_reserved_addresses_do_not_pass_the_strict_door(host: str) -> None:
    with pytest.raises(http.AddressBlocked):
        await http.fetch("GET", f"http://{host}/", private_allowed=False, timeout_s=3)


@pytest.mark.parametrize("host", NEVER_ALLOWED)
async def test_metadata_and_link_local_pass_no_door(host: str) -> None:
    with pytest.raises(http.AddressBlocked):
        await http.fetch("GET", f"http://{host}/", private_allowed=True, timeout_s=3)


@pytest.mark.parametrize("url", ODD_URLS)
@pytest.mark.parametrize("private_allowed", [True, False])
async def test_odd_urls_are_refused_with_the_same_words(url: str, private_allowed: bool) -> None:
    with pytest.raises(http.AddressBlocked) as caught:
        await http.fetch("GET", url, private_allowed=private_allowed, timeout_s=3)
    assert caught.value.message == guard.AddressBlocked.default_message


@pytest.mark.parametrize("port", BAD_PORTS)
def test_ports_of_other_services_do_not_pass_the_strict_door(port: int) -> None:
    with pytest.raises(http.AddressBlocked):
        guard.check_url(f"http://example.org:{port}/", private_allowed=False)
    assert not guard.is_allowed("93.184.216.34", port, private_allowed=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8"])
def test_public_addresses_pass(address: str) -> None:
    assert guard.is_allowed(address, 443, private_allowed=False)
    assert guard.is_allowed(address, 8080, private_allowed=True)


async def test_private_servers_pass_where_they_may(canary: Wire) -> None:
    answer = await http.fetch("GET", f"{canary.url}/x", private_allowed=True)
    assert (answer.status, answer.body) == (200, b"hi")


async def test_a_name_that_changes_its_address_after_the_check_is_caught(
    canary: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever the name said before, the address connected to is the one that counts."""
    import asyncio

    async def resolve(self: object, host: str, port: int, **options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    with pytest.raises(http.AddressBlocked):
        await http.fetch("GET", f"http://rebind.example.org:{canary.port}/", private_allowed=False, timeout_s=3)
    assert canary.requests == []


async def test_redirects_are_checked_like_the_first_address(canary: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    location = f"http://[::ffff:127.0.0.1]:{canary.port}/"
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    async with serving(redirect) as first:
        answer = await http.fetch("GET", first.url, private_allowed=True)
        assert answer.status == 302  # not followed unless asked
        first_port = first.port
        allowed = guard.is_allowed

        def only_the_first(address: str, port: int, *, private_allowed: bool) -> bool:
            return port == first_port or allowed(address, port, private_allowed=private_allowed)

        monkeypatch.setattr(http, "is_allowed", only_the_first)
        monkeypatch.setattr(http, "check_url", lambda url, private_allowed: None)
        with pytest.raises(http.AddressBlocked):
            await http.fetch("GET", first.url, private_allowed=False, redirects=3)
    assert canary.requests == []


async def test_a_redirect_loop_and_a_redirect_to_a_file_end() -> None:
    async with serving(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as wire:
        with pytest.raises(http.OutboundError, match="redirects too often"):
            await http.fetch("GET", wire.url, private_allowed=True, redirects=3)
    async with serving(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n") as wire:
        with pytest.raises(http.AddressBlocked):
            await http.fetch("GET", wire.url, private_allowed=True, redirects=3)


async def test_the_environments_proxy_is_not_used(canary: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", canary.url)
    monkeypatch.setenv("HTTP_PROXY", canary.url)
    with pytest.raises(http.ConnectFailed):
        await http.fetch("GET", "http://127.0.0.1:1/", private_allowed=True)
    assert canary.requests == []


async def test_the_limit_counts_decoded_bytes() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(bomb)
    async with serving(head + bomb) as wire:
        with pytest.raises(http.ResponseTooLarge):
            await http.fetch("GET", wire.url, private_allowed=True, max_bytes=1_000_000)


async def test_an_endless_body_ends_at_the_limit() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *[bytes(100_000)] * 100) as wire:
        with pytest.raises(http.ResponseTooLarge):
            await http.fetch("GET", wire.url, private_allowed=True, max_bytes=1_000_000)


async def test_silence_and_dripping_end_at_the_time_limit() -> None:
    async with serving(hang=True) as wire:
        with pytest.raises(http.Stalled, match=r"0\.3 s"):
            await http.fetch("GET", wire.url, private_allowed=True, timeout_s=0.3)
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, pause_s=0.02) as wire:
        with pytest.raises(http.Stalled):
            await http.fetch("GET", wire.url, private_allowed=True, timeout_s=0.3)


async def test_a_body_shorter_than_promised_is_an_error() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi") as wire:
        with pytest.raises(http.ConnectionBroken):
            await http.fetch("GET", wire.url, private_allowed=True)


async def test_what_came_before_a_cut_is_handed_out_first() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    async with serving(short + b"the beginning") as wire, http.stream("GET", wire.url, private_allowed=True) as answer:
        while answer._content.exception() is None:  # the cut has arrived before anybody read
            await asyncio.sleep(0)
        assert await answer.read() == b"the beginning"
        with pytest.raises(http.ConnectionBroken):
            await answer.read()


async def test_an_endless_header_and_no_http_at_all_are_errors() -> None:
    for part in (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, b"SSH-2.0-OpenSSH_9.6\r\n\r\n"):
        async with serving(part) as wire:
            with pytest.raises(http.OutboundError):
                await http.fetch("GET", wire.url, private_allowed=True, timeout_s=2)


async def test_a_header_with_a_line_break_is_not_sent(canary: Wire) -> None:
    with pytest.raises(http.OutboundError, match="headers"):
        await http.fetch("GET", canary.url, private_allowed=True, headers={"X": "a\r\nEvil: b"})
    assert canary.requests == []


def test_no_other_module_brings_an_http_client() -> None:
    root = Path(apps.__path__[0])
    offenders = [
        f"{path.relative_to(root)}: {name}"
        for path in root.rglob("*.py")
        if path != root / "common" / "http.py"
        for name in imported(path)
        if name != A_SERVER and (name in FORBIDDEN_CLIENTS or name.split(".")[0] in FORBIDDEN_CLIENTS)
    ]
    assert offenders == []


def imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            names += parts if parts == [A_SERVER] else [node.module, *parts]
    return names
