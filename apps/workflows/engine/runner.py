"""One run of a flow: what happens in it, told in order, within limits."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from .config import NodeConfig
from .contracts import FlowFailed, Node, NodeResult, config_of
from .events import (
    EngineEvent,
    FlowFinished,
    FlowPaused,
    NodeFinished,
    NodeStarted,
    RoundsFinished,
    RoundsStarted,
)
from .graph import Graph, GraphNode
from .ports import Services
from .streaming import Template
from .variables import VariablePool
from .walk import Walk

_END: Final = object()


# Their outputs are the run's.
ENDS: Final = ("end", "answer")
COSTS: Final = ("usage", "model_provider", "model_name")


def pool_of(state: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]]) -> VariablePool:
    """The variables of a run that is resumed.

    Args:
        values: namespaces that are read anew, such as `env`.
    """
    return VariablePool({**state["pool"], **values})


def _kept(node: NodeFinished) -> dict[str, Any]:
    """What is needed of a node once it has been told: what it brings to the outputs, and what it cost."""
    process = node.process_data or {}
    return {
        "id": node.started.node.id,
        "outputs": node.outputs if node.started.node.type in ENDS else None,
        "process_data": {key: process[key] for key in COSTS if key in process},
        "metadata": node.metadata,
        "citations": list(node.citations),
    }


def _stub(graph: Graph, kept: Mapping[str, Any]) -> NodeFinished:
    started = NodeStarted("", graph.nodes[kept["id"]], "", 0.0)
    about = (kept["outputs"], kept["process_data"], "", kept["metadata"], 0.0, 0.0, kept["citations"])
    return NodeFinished(started, "succeeded", {}, *about)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go.

    Args:
        steps: nodes of one walk through the flow, or through the inside of an iteration or loop for one of its rounds.
    """

    steps: int = 500
    time_s: float = 1200.0


class FlowRun:
    """A run; `events` starts it and tells how it goes, cancelling the iteration ends it.

    Args:
        pool: with the start node's form, `sys`, `env` and `conversation`.
        templates: what is answered, by the nodes that do.
        outputs: makes the run's outputs of the nodes that ended, in their order.
        new_id: makes ids of runs of nodes.
        paused: the state it is resumed from; `pool` is made of it by `pool_of`.
        outcomes: what has become of forms, by node.
        given: nodes that do not run: this is what they bring.
    """

    def __init__(
        self,
        graph: Graph,
        start: str,
        pool: VariablePool,
        services: Services,
        *,
        templates: Sequence[Template],
        outputs: Callable[[Sequence[NodeFinished]], Mapping[str, Any]],
        new_id: Callable[[], str],
        limits: Limits | None = None,
        paused: Mapping[str, Any] | None = None,
        outcomes: Mapping[str, NodeResult] | None = None,
        given: Mapping[str, NodeResult] | None = None,
    ) -> None:
        self.given = given or {}
        self.graph, self.services, self.new_id = graph, services, new_id
        self.limits = limits or Limits()
        self.finished: list[NodeFinished] = []
        self.ended_before: list[NodeFinished] = []
        self._start, self._pool, self._outputs = start, pool, outputs
        self._templates = {template.node_id: template for template in templates}
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._steps = self._tokens = self._exceptions = 0
        self._configs: dict[str, NodeConfig] = {}
        self._paused, self._outcomes = paused, outcomes or {}
        self._began = self._before_s = 0.0
        if paused is not None:
            self._steps, self._tokens, self._exceptions, self._before_s = paused["counts"]
            self.ended_before = [_stub(graph, one) for one in paused["ended"]]

    async def events(self) -> AsyncGenerator[EngineEvent, None]:
        """Events as they come; the last is FlowFinished, or FlowPaused."""
        self._began = time.monotonic()
        task = asyncio.create_task(self._run(), name="flow")
        try:
            while (event := await self._queue.get()) is not _END:
                yield event
            yield await task
        finally:
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def stopped(self) -> FlowFinished:
        """How a run ends that was stopped from outside, with what was there by then."""
        return self._end("stopped", "")

    def untold(self) -> list[EngineEvent]:
        """After a stop: what happened and was not read any more."""
        found = []
        while not self._queue.empty():
            event = self._queue.get_nowait()
            if event is not _END:
                found.append(event)
        return found

    async def _run(self) -> FlowFinished | FlowPaused:
        walk = Walk(self, self._start, self._pool, self.tell)
        try:
            async with asyncio.timeout(self.limits.time_s):
                if self._paused is not None:
                    walk.restore(self._paused["walk"], self._outcomes)
                await walk.go()
        except TimeoutError:
            return self._end("failed", f"Max execution time {self.limits.time_s:g}s reached.")
        except FlowFailed as error:
            return self._end("failed", str(error))
        finally:
            self._queue.put_nowait(_END)
        if walk.waiting:
            return self._pause(walk)
        return self._end("partial-succeeded" if self._exceptions else "succeeded", "")

    def _pause(self, walk: Walk) -> FlowPaused:
        elapsed_s = self._elapsed_s()
        state = {
            "walk": walk.dump(),
            "pool": self._pool.dump(),
            "counts": [self._steps, self._tokens, self._exceptions, elapsed_s],
            "ended": [_kept(one) for one in self.all_finished()],
        }
        return FlowPaused(state, list(walk.waiting.values()), elapsed_s, self._tokens, self._steps)

    def all_finished(self) -> list[NodeFinished]:
        """The nodes that have ended, those before a pause too."""
        return [*self.ended_before, *self.finished]

    def _elapsed_s(self) -> float:
        return self._before_s + time.monotonic() - self._began

    def _end(self, status: str, error: str) -> FlowFinished:
        return FlowFinished(
            status=status,
            outputs={} if status == "failed" else self._outputs(self.all_finished()),
            error=error,
            elapsed_s=self._elapsed_s(),
            total_tokens=self._tokens,
            total_steps=self._steps,
            exceptions_count=self._exceptions,
        )

    def tell(self, event: EngineEvent) -> None:
        """Takes an event in: nodes are numbered in the order in which they are told to begin."""
        if isinstance(event, NodeStarted | RoundsStarted):
            self._steps += 1
            (event.started if isinstance(event, RoundsStarted) else event).index = self._steps
        elif isinstance(event, NodeFinished | RoundsFinished):
            self._note(event)
        self._queue.put_nowait(event)

    def _note(self, event: NodeFinished | RoundsFinished) -> None:
        has_rounds = isinstance(event, RoundsFinished)
        finished = event.finished if isinstance(event, RoundsFinished) else event
        self.finished.append(finished)
        self._exceptions += finished.status == "exception"
        # The tokens of rounds are those of the nodes in them, which have been counted.
        self._tokens += 0 if has_rounds else int((finished.metadata or {}).get("total_tokens") or 0)

    def config(self, kind: type[Node[Any]], node: GraphNode) -> NodeConfig:
        """A node's settings, read once for a run. Raises NodeFailed."""
        found = self._configs.get(node.id)
        if found is None:
            found = self._configs[node.id] = config_of(kind, node.data)
        return found

    def templates_in(self, node_ids: Mapping[str, Any]) -> list[Template]:
        """What is answered by some of the nodes."""
        return [template for node_id, template in self._templates.items() if node_id in node_ids]
