"""The rounds of an iteration or a loop: each a walk of its own, told in their order."""

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from .contracts import FlowFailed, node_of
from .events import EngineEvent, NodeFinished, NodeStarted, RoundStarted
from .variables import VariablePool

if TYPE_CHECKING:
    from .walk import Walk

LOOP: Final = "loop"


class Rounds:
    """Rounds around which a node stands.

    Args:
        outer: the walk that the node belongs to.
        start: the node each round begins with.
        in_order: rounds are told one after the other, also where they run side by side.
        goes_on: a round that fails does not end the others.
    """

    def __init__(self, outer: "Walk", started: NodeStarted, start: str, *, in_order: bool, goes_on: bool) -> None:
        self._outer, self._started, self._start, self._goes_on = outer, started, start, goes_on
        inside = outer.run.graph.part(start).nodes
        # Answers inside stream once for each round, in the rounds' order.
        self._in_order = in_order or bool(outer.run.templates_in(inside))
        self._current, self._closed = 0, set[int]()
        self._kept: dict[int, list[EngineEvent]] = defaultdict(list)
        self._durations_s: dict[str, float] = {}
        self._tokens = self.count = 0
        kinds = [node_of(node.type) for node in inside.values()]
        self.is_pure = all(kind is not None and kind.pure for kind in kinds)

    async def go(self, index: int, pool: VariablePool) -> None:
        """A round, counted from 0, over a pool of its own. Raises FlowFailed."""
        began = time.monotonic()
        self.count += 1
        kind, node_id = self._started.node.type, self._started.node.id
        self._tell(index, RoundStarted(self._started, index, pool.all_of(node_id) if kind == LOOP else {}))
        place = {f"{kind}_id": node_id, f"{kind}_index": index}
        walk = self._outer.inside(self._start, pool, lambda event: self._tell(index, event), place)
        try:
            await walk.go()
        except FlowFailed:
            if self._goes_on:
                self._close(index)
            raise
        finally:
            self._durations_s[str(index)] = time.monotonic() - began
        self._close(index)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the rounds cost, as the node's metadata."""
        durations = {f"{self._started.node.type}_duration_map": dict(self._durations_s)}
        return {"total_tokens": self._tokens, **durations} if self._durations_s else {}

    def _tell(self, index: int, event: EngineEvent) -> None:
        if isinstance(event, NodeFinished):
            self._tokens += int((event.metadata or {}).get("total_tokens") or 0)
        if self._in_order and index != self._current:
            self._kept[index].append(event)
        else:
            self._outer.tell(event)

    def _close(self, index: int) -> None:
        """The round has been told; what is kept of the next ones can be told now."""
        self._closed.add(index)
        while self._current in self._closed:
            self._current += 1
            for event in self._kept.pop(self._current, ()):
                self._outer.tell(event)
