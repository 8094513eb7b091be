"""A person with a browser, as far as the console's forms need one: cookies and the CSRF token."""

import re
from contextlib import closing
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from tests.http import Answer

FORM = "application/x-www-form-urlencoded"


class Visitor:
    """Keeps its cookies; follows no redirects."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self.netloc = urlsplit(url).netloc
        self.headers = headers or {}
        self.cookies: dict[str, str] = {}

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._send("GET", path, None, headers or {})

    def post(self, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Posts a form as the browser does after showing it."""
        if "csrftoken" not in self.cookies:
            self.get("/install")
            self.get("/signin")
        token = self.cookies.get("csrftoken", "")
        body = urlencode({"csrfmiddlewaretoken": token, **(fields or {})}).encode()
        return self._send("POST", path, body, {"Content-Type": FORM, **(headers or {})})

    def sign_in(self, email: str, password: str, **fields: str) -> Answer:
        return self.post("/signin", {"email": email, "password": password, **fields})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(HTTPConnection(self.netloc, timeout=60)) as connection:
            connection.request(method, path, body, {"Cookie": cookies, **self.headers, **headers})
            response = connection.getresponse()
            pairs = response.getheaders()
            self._keep([value for name, value in pairs if name.lower() == "set-cookie"])
            return Answer(response.status, {name.lower(): value for name, value in pairs}, response.read())

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def without_secrets(page: bytes) -> bytes:
    """A page without what differs each time: CSRF token, nonce, the typed address."""
    for pattern in (rb'name="csrfmiddlewaretoken" value="[^"]*"', rb'nonce="[^"]*"', rb'value="[^"]*@[^"]*"'):
        page = re.sub(pattern, b"", page)
    return page
