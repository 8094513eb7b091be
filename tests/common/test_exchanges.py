"""Requests and answers are written down for who records, and for nobody else."""

from apps.common import http
from apps.common.exchanges import MAX_KEPT_BYTES, Exchange, recorded
from tests.fakes.wire import serving

ANSWER = b"HTTP/1.1 200 OK\r\nX-Request-Id: r1\r\nContent-Length: 5\r\n\r\nhello"


async def test_a_whole_answer_is_written_down() -> None:
    with recorded() as found:
        async with serving(ANSWER) as wire:
            await http.fetch("POST", wire.url, private_allowed=True, headers={"A": "b"}, body=b"question")
    assert [(each.method, each.url, dict(each.headers), each.body) for each in found] == [
        ("POST", wire.url, {"A": "b"}, b"question")
    ]
    assert (found[0].status, found[0].answer_headers["x-request-id"], bytes(found[0].answer)) == (200, "r1", b"hello")


async def test_a_streamed_answer_is_written_down_as_it_comes() -> None:
    with recorded() as found:
        async with serving(ANSWER) as wire, http.stream("GET", wire.url, private_allowed=True) as answer:
            assert bytes(found[0].answer) == b""
            await answer.read_all(1000)
    assert bytes(found[0].answer) == b"hello"


async def test_nothing_is_kept_when_nobody_records() -> None:
    with recorded() as found:
        pass
    async with serving(ANSWER) as wire:
        await http.fetch("GET", wire.url, private_allowed=True)
    assert found == []


async def test_secrets_are_not_in_what_python_shows_of_it() -> None:
    assert "sk-1" not in repr(Exchange("GET", "http://a", {"Authorization": "sk-1"}, b"sk-1"))


def test_only_the_beginning_of_a_long_answer_is_kept() -> None:
    exchange = Exchange("GET", "http://a", {}, b"")
    for _ in range(3):
        exchange.receive(bytes(MAX_KEPT_BYTES // 2 + 1))
    assert len(exchange.answer) == MAX_KEPT_BYTES
