"""One run of a flow: its nodes as tasks, joins, skipped branches, retries, error strategies and limits."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from .config import NodeConfig
from .contracts import FlowFailed, Node, NodeContext, NodeFailed, NodeResult, config_of, node_of
from .events import (
    EngineEvent,
    FlowFinished,
    NodeFinished,
    NodeRetry,
    NodeStarted,
    RoundsFinished,
    RoundsStarted,
    RoundStarted,
)
from .graph import Edge, Graph, GraphNode, Part
from .handling import DEFAULT_VALUE, FAIL_BRANCH, defaults_of, retry_of, strategy_of
from .ports import Services
from .streaming import Assembler, Template
from .variables import VariablePool

log = logging.getLogger(__name__)
INTERNAL: Final = "The node failed for a reason of the server's own. Look at its log, or try again."
_END: Final = object()


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go.

    Args:
        steps: nodes, counted once for each time they run.
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
    ) -> None:
        self._graph, self._pool, self._services = graph, pool, services
        self._outputs, self._new_id, self._limits = outputs, new_id, limits or Limits()
        self._part = graph.part(start)
        self._assembler = Assembler(self._part, templates, pool)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._finished: list[NodeFinished] = []
        self._steps = self._tokens = self._exceptions = 0
        self._configs: dict[str, NodeConfig] = {}
        self._began = 0.0

    async def events(self) -> AsyncGenerator[EngineEvent, None]:
        """Events as they come; the last is FlowFinished."""
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

    async def _run(self) -> FlowFinished:
        try:
            async with asyncio.timeout(self._limits.time_s):
                self._tell(*self._assembler.begin())
                await Walk(self, self._part, self._pool, is_root=True).go()
        except TimeoutError:
            return self._end("failed", f"Max execution time {self._limits.time_s:g}s reached.")
        except FlowFailed as error:
            return self._end("failed", str(error))
        finally:
            self._tell(_END)
        return self._end("partial-succeeded" if self._exceptions else "succeeded", "")

    def _end(self, status: str, error: str) -> FlowFinished:
        return FlowFinished(
            status=status,
            outputs={} if status == "failed" else self._outputs(self._finished),
            error=error,
            elapsed_s=time.monotonic() - self._began,
            total_tokens=self._tokens,
            total_steps=self._steps,
            exceptions_count=self._exceptions,
        )

    def _tell(self, *events: Any) -> None:
        for event in events:
            self._queue.put_nowait(event)

    def begin(self, node: GraphNode, predecessor: str) -> NodeStarted:
        """Counts a node that begins. Raises FlowFailed where a limit is reached."""
        if self._steps >= self._limits.steps:
            raise FlowFailed(f"Max steps {self._limits.steps} reached.")
        self._steps += 1
        return NodeStarted(self._new_id(), node, self._steps, predecessor, time.time())

    def note(self, finished: NodeFinished) -> None:
        """Keeps what a node has brought for the run's end."""
        self._finished.append(finished)
        self._exceptions += finished.status == "exception"
        self._tokens += int((finished.metadata or {}).get("total_tokens") or 0)

    def emit(self, node_id: str, text: str) -> None:
        """A piece of a node's text; told when its place in an answer has come."""
        self._tell(*self._assembler.piece(node_id, text))

    def ended(self, node_id: str, handle: str | None) -> None:
        """A node of the flow itself has ended (None: was skipped)."""
        self._tell(*self._assembler.ended(node_id, handle))

    def tell(self, event: EngineEvent) -> None:
        """An event of a node."""
        self._tell(event)

    async def inside(self, start: str, pool: VariablePool) -> None:
        """A round of an iteration or loop. Raises FlowFailed."""
        await Walk(self, self._graph.part(start), pool, is_root=False).go()

    def config(self, kind: type[Node[Any]], node: GraphNode) -> NodeConfig:
        """A node's settings, read once for a run. Raises NodeFailed."""
        found = self._configs.get(node.id)
        if found is None:
            found = self._configs[node.id] = config_of(kind, node.data)
        return found

    @property
    def services(self) -> Services:
        """What nodes reach outside."""
        return self._services


class Walk:
    """One way through a part of the graph: a node starts when all its incoming edges are decided and one is taken."""

    def __init__(self, run: FlowRun, part: Part, pool: VariablePool, *, is_root: bool) -> None:
        self._run, self._part, self._pool, self._is_root = run, part, pool, is_root
        self._undecided = dict(part.incoming)
        self._come_from: dict[str, str] = {}
        self._group = asyncio.TaskGroup()

    async def go(self) -> None:
        """Runs the part to its end. Raises FlowFailed."""
        try:
            async with self._group:
                self._start(self._part.start, "")
        except BaseExceptionGroup as group:
            failed, _ = group.split(FlowFailed)
            raise (failed.exceptions[0] if failed else group.exceptions[0]) from None

    def _start(self, node_id: str, predecessor: str) -> None:
        self._group.create_task(self._do(self._part.nodes[node_id], predecessor), name=f"node {node_id}")

    async def _do(self, node: GraphNode, predecessor: str) -> None:
        handle = await Step(self._run, node, predecessor, self._pool).go()
        if self._is_root:
            self._run.ended(node.id, handle)
        self._decide([(edge, edge.handle == handle) for edge in self._part.outgoing[node.id]])

    def _decide(self, decided: list[tuple[Edge, bool]]) -> None:
        """Takes or leaves edges; a node all of whose edges are left is skipped, and so are its own."""
        while decided:
            edge, is_taken = decided.pop(0)
            self._undecided[edge.target] -= 1
            if is_taken:
                self._come_from.setdefault(edge.target, edge.source)
            if self._undecided[edge.target]:
                continue
            if edge.target in self._come_from:
                self._start(edge.target, self._come_from[edge.target])
                continue
            if self._is_root:
                self._run.ended(edge.target, None)
            decided += [(next_edge, False) for next_edge in self._part.outgoing[edge.target]]


class Step:
    """One node, with its retries and what is done when it fails for good."""

    def __init__(self, run: FlowRun, node: GraphNode, predecessor: str, pool: VariablePool) -> None:
        self._run, self._node, self._pool = run, node, pool
        self._kind = node_of(node.type)
        self._has_rounds = self._kind is not None and self._kind.has_rounds
        self._started = run.begin(node, predecessor)
        self._clock = time.monotonic()

    async def go(self) -> str:
        """Runs the node; returns the handle that is taken. Raises FlowFailed."""
        context = self._context()
        try:
            item, config = self._item()
            self._tell_start(item, config, context)
            result = await self._patiently(item, config, context)
        except NodeFailed as error:
            return self._fail(error)
        self._pool.write(self._node.id, result.outputs)
        self._finish(result, "succeeded")
        return result.handle

    def _item(self) -> tuple[Node[Any], NodeConfig]:
        if self._kind is None:
            raise NodeFailed(f"This version does not run nodes of type {self._node.type}.", "UnknownNodeType")
        return self._kind(), self._run.config(self._kind, self._node)

    def _context(self) -> NodeContext:
        node = self._node

        def tell_round(index: int) -> None:
            self._run.tell(RoundStarted(self._started, index))

        return NodeContext(
            node=node,
            pool=self._pool,
            services=self._run.services,
            emit=lambda text: self._run.emit(node.id, text),
            walk=self._run.inside,
            tell_round=tell_round,
        )

    def _tell_start(self, item: Node[Any], config: NodeConfig, context: NodeContext) -> None:
        if self._has_rounds:
            inputs = {"iterator_selector": self._pool.value(self._node.data.get("iterator_selector") or ())}
            self._run.tell(RoundsStarted(self._started, inputs, item.length(config, context)))
        else:
            self._run.tell(self._started)

    async def _patiently(self, item: Node[Any], config: NodeConfig, context: NodeContext) -> NodeResult:
        retry = retry_of(self._node.data)
        for number in range(1, retry.times + 1):
            try:
                return await self._once(item, config, context)
            except NodeFailed as error:
                self._tell_retry(error, number)
                await asyncio.sleep(retry.interval_s)
        return await self._once(item, config, context)

    async def _once(self, item: Node[Any], config: NodeConfig, context: NodeContext) -> NodeResult:
        try:
            return await item.run(config, context)
        except (NodeFailed, FlowFailed):
            raise
        except Exception as error:
            log.exception("node %s of type %s failed", self._node.id, self._node.type)
            raise NodeFailed(INTERNAL, "InternalError") from error

    def _tell_retry(self, error: NodeFailed, number: int) -> None:
        elapsed_s = time.monotonic() - self._clock
        self._run.tell(NodeRetry(self._started, error.inputs, error.message, number, elapsed_s))

    def _fail(self, error: NodeFailed) -> str:
        strategy = strategy_of(self._node.data)
        said = {"error_message": error.message, "error_type": error.kind}
        result = NodeResult(inputs=error.inputs, process_data=error.process_data)
        if strategy not in (FAIL_BRANCH, DEFAULT_VALUE):
            self._finish(result, "failed", error.message)
            raise FlowFailed(error.message) from error
        outputs = said if strategy == FAIL_BRANCH else {**defaults_of(self._node.data), **said}
        self._pool.write(self._node.id, outputs)
        result = NodeResult(outputs, error.inputs, error.process_data, metadata={"error_strategy": strategy})
        self._finish(result, "exception", error.message)
        return FAIL_BRANCH if strategy == FAIL_BRANCH else result.handle

    def _finish(self, result: NodeResult, status: str, error: str = "") -> None:
        finished = NodeFinished(
            started=self._started,
            status=status,
            inputs=result.inputs,
            outputs=None if status == "failed" else result.outputs,
            process_data=result.process_data,
            error=error,
            metadata=result.metadata,
            elapsed_s=time.monotonic() - self._clock,
            finished_at=time.time(),
            citations=result.citations,
        )
        self._run.note(finished)
        steps = result.outputs.get("loop_round", len(result.outputs.get("output") or ())) if self._has_rounds else 0
        self._run.tell(RoundsFinished(finished, steps) if self._has_rounds else finished)
