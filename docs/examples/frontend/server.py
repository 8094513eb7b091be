"""A front end of one's own for a chat app: serves the page beside it and passes questions on to the service API.

    API_KEY=app-... python docs/examples/frontend/server.py

The key stays here; a page that held it would give it to every visitor. Python's standard library is all it needs.
"""

import json
import os
import sys
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

API_URL = os.environ.get("API_URL", "http://127.0.0.1:5001/v1")
API_KEY = os.environ["API_KEY"]
PORT = int(os.environ.get("PORT", "8080"))
APP_INFO = {
    "title": os.environ.get("APP_TITLE", "Assistant"),
    "description": os.environ.get("APP_DESCRIPTION", "Ask me anything."),
    "copyright": os.environ.get("APP_COPYRIGHT", ""),
    "show_inputs": os.environ.get("SHOW_INPUTS", "true") == "true",  # whether visitors see the app's form
}
POLICY = "default-src 'self'; style-src 'unsafe-inline'; img-src data:"
FOLDER = Path(__file__).parent
FILES = {"/": ("index.html", "text/html; charset=utf-8"), "/app.js": ("app.js", "text/javascript")}


def call(method: str, path: str, body: object = None) -> HTTPResponse:
    """The API's answer; its body is read by the caller."""
    api = urlsplit(API_URL)
    connect = HTTPSConnection if api.scheme == "https" else HTTPConnection
    connection = connect(api.netloc, timeout=300)
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    connection.request(method, f"{api.path}/{path}", json.dumps(body) if body is not None else None, headers)
    return connection.getresponse()


class FrontEnd(BaseHTTPRequestHandler):
    """One connection of a browser."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, its script, and what it needs to know of the app."""
        if self.path in FILES:
            name, kind = FILES[self.path]
            self.answer(200, (FOLDER / name).read_bytes(), kind)
        elif self.path == "/info":
            form = json.loads(call("GET", "parameters").read())["user_input_form"]
            self.answer(200, json.dumps({**APP_INFO, "form": form}).encode())
        else:
            self.answer(404, b"{}")

    def do_POST(self) -> None:
        """A question; the answer is passed on as it arrives."""
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        asked = {name: sent.get(name) for name in ("query", "inputs", "conversation_id")}
        events = call("POST", "chat-messages", {**asked, "response_mode": "streaming", "user": self.visitor()})
        if events.status == 200:
            self.pass_on(events)
        else:  # what is wrong with the question, in the API's own words
            self.answer(events.status, events.read())

    def visitor(self) -> str:
        """Who asks: the API keeps the conversations of each apart."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("visitor")
        return cookie.value if cookie else "anonymous"

    def pass_on(self, events: HTTPResponse) -> None:
        """Hands each piece on as it arrives, in chunks (RFC 9112, section 7.1)."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := events.read1():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """A whole answer; the first one gives the visitor a name."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        if self.path == "/" and "visitor=" not in self.headers.get("Cookie", ""):
            self.send_header("Set-Cookie", f"visitor={uuid4()}; HttpOnly; SameSite=Strict")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    sys.stdout.write(f"http://127.0.0.1:{PORT}\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", PORT), FrontEnd).serve_forever()
