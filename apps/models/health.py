"""How the ways to models fare: which of them rest after a fault, why, and how long. As this process has seen it.

A key that is refused or has no credit left rests for all models, one that is called too often only for the model it
was called for. A way that fails several times in a row for the provider's own fault is left alone for a growing while
(a circuit breaker: Nygard, "Release It!", 2nd edition, chapter 5); then one call tries whether it works again.
"""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from .errors import ProviderError, ProviderRateLimited

OPENS_AFTER: Final = 5  # faults in a row
LONGEST_REST_S: Final = 300.0
# What a fault costs, in seconds; doubled with each fault in a row.
_RESTS_S: Final = {"unauthorised": 300.0, "quota": 300.0, "rate_limited": 10.0}
_BREAKER_REST_S: Final = 15.0
_FAULTS: Final = frozenset({"unavailable", "connection"})
_OF_THE_KEY: Final = frozenset({"unauthorised", "quota"})


class Way(Protocol):
    """What is remembered under: one access (key) to one provider."""

    @property
    def name(self) -> str:
        """Unique in the process."""


@dataclass(slots=True)
class Health:
    """How one way to one model fares.

    Args:
        failures: in a row.
        rests_until: of `time.monotonic`.
        error: why it rests.
        is_binding: the provider said how long, or the breaker is open: it is not called before, whatever else there is.
        is_wide: of the key for all models.
    """

    failures: int = 0
    rests_until: float = 0.0
    error: ProviderError | None = None
    is_binding: bool = False
    is_wide: bool = False

    @property
    def rest_s(self) -> float:
        """How long it still rests; 0 for not at all."""
        return max(0.0, self.rests_until - time.monotonic())


_WELL: Final = Health()
_known: dict[tuple[str, str], Health] = {}


def health_of(way: Way, model: str) -> Health:
    """How a way to a model fares: of its key for all models, or for this one, whatever rests longer."""
    if not _known:
        return _WELL
    own, wide = _known.get((way.name, model), _WELL), _known.get((way.name, ""), _WELL)
    return own if own.rests_until >= wide.rests_until else wide


def failed(way: Way, model: str, error: ProviderError) -> Health | None:
    """Notes a fault; returns what rests now because of it, None where it says nothing about the way."""
    if error.kind not in _RESTS_S and error.kind not in _FAULTS:
        return None
    is_wide = error.kind in _OF_THE_KEY
    health = _known.setdefault((way.name, "" if is_wide else model), Health(is_wide=is_wide))
    health.failures += 1
    rest_s = _rest_s(error, health.failures)
    if not rest_s:
        return None
    health.rests_until, health.error = time.monotonic() + rest_s, error
    health.is_binding = error.kind in _FAULTS or _wish_s(error) is not None
    return health


def succeeded(way: Way, model: str) -> bool:
    """Notes an answer; whether the way had rested before."""
    if not _known:
        return False
    before = [_known.pop((way.name, where), None) for where in (model, "")]
    return any(health is not None and health.error is not None for health in before)


def forget_all() -> None:
    """Nothing is known any more, as in a new process."""
    _known.clear()


def _rest_s(error: ProviderError, failures: int) -> float:
    wish_s = _wish_s(error)
    if wish_s is not None:
        return min(wish_s, LONGEST_REST_S)  # after that one call asks again: quotas may have been raised
    if error.kind in _RESTS_S:
        return min(_RESTS_S[error.kind] * (1 << min(failures - 1, 10)), LONGEST_REST_S)
    if failures < OPENS_AFTER:
        return 0.0
    return min(_BREAKER_REST_S * (1 << min(failures - OPENS_AFTER, 10)), LONGEST_REST_S)


def _wish_s(error: ProviderError) -> float | None:
    return error.retry_after_s if isinstance(error, ProviderRateLimited) else None
