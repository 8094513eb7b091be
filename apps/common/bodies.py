"""What a request to the APIs carries, wherever it carries it: query string, JSON object or form."""

import asyncio
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

from .api import json_body
from .errors import BadRequest, PayloadTooLarge


async def request_fields(request: HttpRequest) -> Mapping[str, Any]:
    """The fields of a request: the query string of a GET, else a form or a JSON object.

    Only DELETE and PATCH may come without a body.

    Raises:
        UnsupportedMediaType, BadRequest, PayloadTooLarge.
    """
    if request.method in {"GET", "HEAD"}:
        return request.GET.dict()
    if request.content_type == "multipart/form-data":
        fields, _ = await asyncio.to_thread(read_multipart, request)  # megabytes would hold up the loop
        return fields.dict()
    if request.method in {"DELETE", "PATCH"} and not request.body:
        return {}
    return json_body(request)


def read_multipart(request: HttpRequest) -> "tuple[QueryDict, list[UploadedFile[bytes]]]":
    """The fields of a multipart request and the files in it.

    Raises:
        BadRequest: the body is not what its header says.
        PayloadTooLarge: more fields than anybody sends.
    """
    fields: QueryDict
    try:
        if request.method == "POST":
            fields, files = request.POST, request.FILES
        else:  # Django reads forms of POST requests alone
            fields, files = request.parse_file_upload(request.META, request)
    except MultiPartParserError as error:
        raise BadRequest("The multipart body is broken.") from error
    except SuspiciousOperation as error:
        raise PayloadTooLarge("The form has too many or too long fields.") from error
    return fields, [upload for key in files for upload in files.getlist(key)]
