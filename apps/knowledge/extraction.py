"""Who reads a file: a server, a process of its own, or the worker itself."""

import asyncio

from django.conf import settings

from . import etl_service, reading
from .contracts import Extracted
from .extractors.unstructured import Unstructured
from .isolation import parse_apart


def accepted_extensions() -> frozenset[str]:
    """Extensions of files that can be made documents."""
    return reading.readable_extensions(settings.ETL_TYPE)


async def extract(data: bytes, extension: str) -> Extracted:
    """The file's text or records.

    Raises:
        UnreadableFile: the reason why it cannot be read.
        ReadingInterrupted, EtlServiceFailed, OutboundError: it may be tried again.
    """
    extractor = reading.extractor_for(extension, settings.ETL_TYPE)
    if extractor is Unstructured and settings.UNSTRUCTURED_API_URL:
        return Extracted(await etl_service.partition(data, extension))
    return await asyncio.to_thread(parse_apart if extractor.isolated else reading.parse, data, extension)
