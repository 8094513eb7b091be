"""How the ways to models fare: which of them rest after a fault, why, and how long. As this process has seen it.

A key that is refused or has no credit left rests for all models, one that is called too often or may not use a model
only for that one. A way that fails several times in a row for the provider's own fault is left alone for a growing
while (a circuit breaker: Nygard, "Release It!", 2nd edition, chapter 5). After any rest one call tries whether the way
works again; until that is known, the others go elsewhere.
"""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from .errors import ProviderError, ProviderRateLimited

OPENS_AFTER: Final = 5  # faults in a row
LONGEST_REST_S: Final = 300.0
PROBE_S: Final = 10.0  # as long as one call may take to show that a way works again
MAX_KNOWN: Final = 10_000
# What a fault costs, in seconds; doubled with each fault in a row.
_RESTS_S: Final = {"unauthorised": 300.0, "quota": 300.0, "forbidden": 300.0, "rate_limited": 10.0}
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
    """How one way to one model fares; times of `time.monotonic`.

    Args:
        failures: in a row.
        rested_at, rests_until: the last rest.
        probed_until: until then one call tries, after a rest.
        error_type, message: why it rests; None: it does not, or not yet.
        is_binding: the provider said how long, or the breaker is open: it is not called before, whatever else there is.
        is_wide: of the key for all models.
    """

    failures: int = 0
    rested_at: float = 0.0
    rests_until: float = 0.0
    probed_until: float = 0.0
    error_type: type[ProviderError] | None = None
    message: str = ""
    is_binding: bool = False
    is_wide: bool = False

    @property
    def rest_s(self) -> float:
        """How long it is still to be left alone; 0 for not at all."""
        return max(0.0, max(self.rests_until, self.probed_until) - time.monotonic())

    @property
    def kind(self) -> str:
        """Of the fault it rests for."""
        return self.error_type.kind if self.error_type else ""

    def refusal(self) -> ProviderError | None:
        """The fault it rests for, as an error of its own: no two callers share one."""
        if self.error_type is not None and issubclass(self.error_type, ProviderRateLimited):
            return self.error_type(self.message, retry_after_s=self.rest_s)
        return self.error_type(self.message) if self.error_type else None


_WELL: Final = Health()
_known: dict[tuple[str, str], Health] = {}


def health_of(way: Way, model: str) -> Health:
    """How a way to a model fares: of its key for all models, or for this one, whatever rests longer."""
    if not _known:
        return _WELL
    own, wide = _known.get((way.name, model), _WELL), _known.get((way.name, ""), _WELL)
    return own if own.rest_s >= wide.rest_s else wide


def begin(way: Way, model: str) -> None:
    """A call is made; after a rest it is the one that tries."""
    for where in ("", model) if _known else ():
        health = _known.get((way.name, where))
        if health is not None and health.error_type is not None and not health.rest_s:
            health.probed_until = time.monotonic() + PROBE_S


def failed(way: Way, model: str, error: ProviderError, began_at: float) -> Health | None:
    """Notes a fault of a call that began at `began_at`.

    Returns:
        What rests now because of it; None where the fault says nothing about the way, or nothing new: calls that were
        under way together, and those made while it rests, count as one.
    """
    if error.kind not in _RESTS_S and error.kind not in _FAULTS:
        return None
    is_wide = error.kind in _OF_THE_KEY
    health = _remembered((way.name, "" if is_wide else model), is_wide=is_wide)
    if health.error_type is not None and (began_at < health.rested_at or time.monotonic() < health.rests_until):
        return None
    health.failures += 1
    health.probed_until = 0.0
    rest_s = _rest_s(error, health.failures)
    if not rest_s:
        return None
    health.rested_at = time.monotonic()
    health.rests_until = health.rested_at + rest_s
    health.error_type, health.message = type(error), error.message
    health.is_binding = error.kind in _FAULTS or _wish_s(error) is not None
    return health


def succeeded(way: Way, model: str) -> bool:
    """Notes an answer; whether the way had rested before."""
    if not _known:
        return False
    before = [_known.pop((way.name, where), None) for where in (model, "")]
    return any(health is not None and health.error_type is not None for health in before)


def forget_all() -> None:
    """Nothing is known any more, as in a new process."""
    _known.clear()


def _remembered(where: tuple[str, str], *, is_wide: bool) -> Health:
    if len(_known) >= MAX_KNOWN and where not in _known:
        del _known[next(iter(_known))]  # the oldest: of keys that were changed or removed since
    return _known.setdefault(where, Health(is_wide=is_wide))


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
