"""Addresses that start workflows: for everybody who knows them, without key or session."""

import asyncio

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase

from apps.chat.webhooks import Reply, answer_delivery, try_delivery
from apps.common.api import json_response, service_view
from apps.common.bodies import read_multipart
from apps.common.errors import PayloadTooLarge
from apps.workflows.triggers.deliveries import MULTIPART, Delivery, SentFile
from apps.workflows.webhooks import live_webhook, tried_webhook

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@service_view(*METHODS)
async def webhook(request: HttpRequest, token: str) -> HttpResponseBase:
    """/triggers/webhook/{token}: the published version."""
    found = await live_webhook(token)
    return _response(await answer_delivery(found, await read_request(request)))


@service_view(*METHODS)
async def debug(request: HttpRequest, token: str) -> HttpResponseBase:
    """/triggers/webhook-debug/{token}: the draft, and what came of it."""
    found = await tried_webhook(token)
    return json_response(await try_delivery(found, await read_request(request)))


async def read_request(request: HttpRequest) -> Delivery:
    """A request as webhooks read it. Raises PayloadTooLarge, BadRequest."""
    body = request.body
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # one without a length is not measured before
        raise PayloadTooLarge(f"The request body is over {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB.")
    content_type = (request.content_type or "").lower()
    fields: QueryDict | None = None
    files: dict[str, list[SentFile]] = {}
    if content_type == MULTIPART:
        fields, _ = await asyncio.to_thread(read_multipart, request)
        files = {name: [_sent(file) for file in request.FILES.getlist(name)] for name in request.FILES}
    elif content_type == "application/x-www-form-urlencoded":
        fields = QueryDict(body)
    return Delivery(
        method=request.method or "",
        content_type=content_type,
        headers={name.lower(): value for name, value in request.headers.items()},
        params=request.GET.dict(),
        body=body,
        form={name: str(value) for name, value in fields.items()} if fields is not None else {},
        files=files,
    )


def _sent(file: "UploadedFile[bytes]") -> SentFile:
    return SentFile(file.name or "file", file.content_type or "", file.read())


def _response(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Run-Id"] = str(reply.run_id)
    if reply.is_repeated:
        response["Idempotent-Replayed"] = "true"
    return response
