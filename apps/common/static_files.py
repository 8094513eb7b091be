"""Static files from the web process itself, compressed, at addresses that browsers need not ask for twice."""

import gzip
import hashlib
import re
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Final
from wsgiref.headers import Headers

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from .middleware import Answer, Handler

# Other sites' pages name these files, so their addresses never change: a browser uses its copy at once and, once an
# hour has passed, looks for a newer one behind the visitor's back (RFC 5861).
ROOT_CACHING: Final = "public, max-age=3600, stale-while-revalidate=604800"

# For addresses that name the version of the files: another content has another address (RFC 8246).
FOR_EVER: Final = "public, max-age=31536000, immutable"

_VERSION: Final = re.compile(r"v-[0-9a-f]{12}/")
_TEXT: Final = re.compile(r"text/|application/(json|javascript)|image/svg")
_SMALLEST_BYTES: Final = 1024  # what fits into a packet or two is sent as it is


@cache
def version() -> str:
    """Names the content of all static files: two machines with the same files say the same. Reads 5 MB, once."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: found[0]):
            with storage.open(path) as file:
                digest.update(path.encode() + b"\0" + file.read())
    return f"v-{digest.hexdigest()[:12]}"


def _prefix() -> str:
    return f"{settings.STATIC_URL}{version()}/"


class VersionedStorage(StaticFilesStorage):
    """Addresses with the version in them. A module's own relative addresses then have it, too."""

    def url(self, name: str | None) -> str:
        """`/static/v-0123456789ab/NAME`; in development, where files change under a running server, `/static/NAME`."""
        address = super().url(name)
        if settings.DEBUG:
            return address
        return _prefix() + address.removeprefix(settings.STATIC_URL)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise is not typed
    """WhiteNoise that stays in the event loop under ASGI and sends a file whole.

    WhiteNoise itself streams from a sync iterator, which Django under ASGI reads to its end with a warning.
    """

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Handler) -> None:
        super().__init__(get_response)
        version()  # read now, and not while somebody waits for a page
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Answers with the file of this address, else passes on."""
        find = self.find_file if self.autorefresh else self.files.get
        file: StaticFile | None = find(self._without_version(request.path_info))
        if file is None:
            return self.get_response(request)  # type: ignore[no-any-return]  # WhiteNoise is not typed
        if iscoroutinefunction(self):
            return sync_to_async(self.serve, thread_sensitive=False)(file, request)
        return self.serve(file, request)

    def _without_version(self, address: str) -> str:
        """A page that was opened before an update gets the files of today; these may not be kept."""
        named = _VERSION.match(address, len(self.static_prefix)) if address.startswith(self.static_prefix) else None
        return self.static_prefix + address[named.end() :] if named else address

    def add_cache_headers(self, headers: Headers, path: str, url: str) -> None:
        """WhiteNoise's own, and those of the files that other sites load."""
        super().add_cache_headers(headers, path, url)
        if not url.startswith(self.static_prefix):
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            if not self.autorefresh:
                headers["Cache-Control"] = ROOT_CACHING

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file, or what the request's conditions and ranges make of it."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file:
                content = found.file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        if request.path_info.startswith(_prefix()):
            response["Cache-Control"] = FOR_EVER
        if response.status_code == HTTPStatus.OK and _TEXT.match(response["Content-Type"]):
            response["Vary"] = "Accept-Encoding"
            if len(content) >= _SMALLEST_BYTES and "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
                response["Content-Encoding"] = "gzip"
                content = response.content = _packed(content)
        if content:
            response["Content-Length"] = str(len(content))  # the file may have been edited since the start
        return response


@lru_cache(256)
def _packed(content: bytes) -> bytes:
    """Nothing is collected at the start, so each file is compressed when it is first asked for."""
    return gzip.compress(content, mtime=0)
