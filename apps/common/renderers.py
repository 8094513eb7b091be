"""How DRF's answers are written; apart from `common.api`, which DRF imports views to get."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from .encoding import dumps


class ServiceRenderer(BaseRenderer):
    """DRF's answers in the same form as those of the plain views."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The body's bytes; none for an answer without content."""
        return b"" if data is None else dumps(data).encode("ascii")
