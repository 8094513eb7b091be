"""In what form `/v1` answers. A module of its own: DRF loads it while its views are being imported."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AlwaysJson(DefaultContentNegotiation):
    """Answers JSON whatever the caller says it accepts, as the run endpoints do: `/v1` speaks nothing else."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
