"""A bucket of S3 and a container of Azure Blob that check every signature by the vendors' published rules."""

import base64
import hashlib
import hmac
import re
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

NAME, KEY = "parley-account", base64.b64encode(b"the key of the store, 32 bytes!!").decode()
PLACE = "uploads"
PAGE = 2  # small, so that lists have several pages


class Store(ThreadingHTTPServer):
    """Keeps objects in memory; `refused` counts requests whose signature was wrong."""

    daemon_threads = True

    def __init__(self, handler: "type[_Handler]") -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.headers_seen: list[dict[str, str]] = []
        self.refused = 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store
    missing_body = b""

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.headers_seen.append({name.lower(): value for name, value in self.headers.items()})
        if not self.is_signed(body):
            self.server.refused += 1
            self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return
        parts = urlsplit(self.path)
        _, place, *key = unquote(parts.path).split("/", 2)
        if place != PLACE:
            self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.act(key[0] if key else "", query, body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any

    def act(self, key: str, query: dict[str, str], body: bytes) -> None:
        objects = self.server.objects
        if self.command == "PUT":
            objects[key] = body
            self.answer(201 if isinstance(self, AzureHandler) else 200)
        elif self.command == "DELETE":
            self.delete(objects.pop(key, None) is not None)
        elif not key:
            self.list(query)
        elif key not in objects:
            self.answer(404, self.missing_body)
        else:
            self.give(objects[key])

    def give(self, data: bytes) -> None:
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Last-Modified": formatdate(usegmt=True)}
        if wanted is None:
            self.answer(200, data, **headers)
            return
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted).groups()
        part = data[int(first) : int(last) + 1 if last else None]
        self.answer(
            206, part, **headers, **{"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"}
        )

    def page(self, prefix: str, after: str) -> tuple[list[str], str]:
        keys = sorted(key for key in self.server.objects if key.startswith(prefix) and key > after)
        return keys[:PAGE], keys[PAGE - 1] if len(keys) > PAGE else ""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def is_signed(self, body: bytes) -> bool:
        raise NotImplementedError

    def delete(self, was_there: bool) -> None:
        raise NotImplementedError

    def list(self, query: dict[str, str]) -> None:
        raise NotImplementedError


class S3Handler(_Handler):
    """Signature version 4 (docs.aws.amazon.com, "Authenticating Requests: Using the Authorization Header")."""

    def is_signed(self, body: bytes) -> bool:
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request,"
            r" SignedHeaders=([^,]+), Signature=(\w+)",
            self.headers.get("Authorization", ""),
        )
        if given is None or given[1] != NAME:
            return False
        digest = self.headers["x-amz-content-sha256"]
        if digest not in {"UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()}:
            return False
        parts = urlsplit(self.path)
        pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
        signed = "".join(f"{name}:{' '.join((self.headers[name] or '').split())}\n" for name in given[4].split(";"))
        canonical = "\n".join((self.command, parts.path, query, signed, given[4], digest))
        scope = f"{given[2]}/{given[3]}/s3/aws4_request"
        text = "\n".join(
            ("AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
        )
        key = f"AWS4{KEY}".encode()
        for word in (given[2], given[3], "s3", "aws4_request", text):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.compare_digest(key.hex(), given[5])

    def act(self, key: str, query: dict[str, str], body: bytes) -> None:
        """Large objects come in parts."""
        if "uploads" in query:
            answer = "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>"
            self.answer(200, answer.encode())
        elif "partNumber" in query:
            self.server.parts[int(query["partNumber"])] = body
            self.answer(200, ETag=f'"{query["partNumber"]}"')
        elif "uploadId" in query:
            self.server.objects[key] = b"".join(part for _, part in sorted(self.server.parts.items()))
            self.answer(200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
        else:
            super().act(key, query, body)

    def delete(self, was_there: bool) -> None:
        self.answer(204)

    def list(self, query: dict[str, str]) -> None:
        keys, more = self.page(query.get("prefix", ""), query.get("marker", "") or query.get("continuation-token", ""))
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<Size>{len(self.server.objects[key])}</Size></Contents>"
            for key in keys
        )
        rest = f"<NextMarker>{more}</NextMarker><NextContinuationToken>{more}</NextContinuationToken>" if more else ""
        body = f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{rest}{rows}</ListBucketResult>"
        self.answer(200, body.encode())


_SIGNED = (
    "content-encoding content-language content-length content-md5 content-type date if-modified-since if-match"
    " if-none-match if-unmodified-since range"
).split()


class AzureHandler(_Handler):
    """Shared Key (learn.microsoft.com, "Authorize with Shared Key")."""

    def is_signed(self, body: bytes) -> bool:
        parts = urlsplit(self.path)
        values = [self.headers.get(name, "") for name in _SIGNED]
        values[2] = "" if values[2] == "0" else values[2]
        own = sorted((name.lower(), value) for name, value in self.headers.items() if name.lower().startswith("x-ms-"))
        resource = f"/{NAME}{parts.path}" + "".join(
            f"\n{name.lower()}:{value}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
        )
        text = "\n".join((self.command, *values, *(f"{name}:{value}" for name, value in own), resource))
        signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), f"SharedKey {NAME}:{signature}")

    def delete(self, was_there: bool) -> None:
        headers = {} if was_there else {"x-ms-error-code": "BlobNotFound"}
        self.answer(202 if was_there else 404, b"", **headers)

    def list(self, query: dict[str, str]) -> None:
        keys, more = self.page(query.get("prefix", ""), query.get("marker", ""))
        rows = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties>"
            f"<Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>"
            f"<Content-Length>{len(self.server.objects[key])}</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
            for key in keys
        )
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<EnumerationResults><Prefix>{escape(query.get('prefix', ''))}</Prefix>"
            f"<Blobs>{rows}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"
        )
        self.answer(200, body.encode(), **{"Content-Type": "application/xml"})
