"""HTTP/1.1 as the web processes speak it."""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Protocol(HttpToolsProtocol):
    """uvicorn's own, except that an offer to upgrade to anything but a websocket is passed over.

    Java's HTTP client offers `h2c` with each request in clear text. The parser ends such a request at its headers,
    and the body would be lost (uvicorn issue 2722); RFC 9110 section 7.8 says that an offer may be ignored.
    """

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; a request whose offer is declined is fed again without it."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as stopped:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._decline(data[stopped.args[0] :])

    def _decline(self, rest: bytes) -> None:
        """Starts the request anew. What the parser let through once holds no line breaks of its own.

        Args:
            rest: what came after its headers.
        """
        if self._get_upgrade() is None:  # CONNECT, which asks for a tunnel without that header
            self.send_400_response("Invalid HTTP request received.")
            return
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*head, b"\r\n", rest]))

    def on_headers_complete(self) -> None:
        """Parser callback: the request is handed on, unless it offers what is declined."""
        if not self._is_offer():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Parser callback: the body is whole. The parser says so of a declined request, too, before it stops."""
        if not self._is_offer():
            super().on_message_complete()

    def _is_offer(self) -> bool:
        return bool(self.parser.should_upgrade()) and not self._should_upgrade()
