"""One way through a part of a flow, and each step of it: joins, skipped branches, retries, error strategies."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .config import NodeConfig
from .contracts import FlowFailed, Form, Node, NodeContext, NodeFailed, NodeResult, NodeWaits, node_of
from .events import EngineEvent, NodeFinished, NodeRetry, NodeStarted, RoundsFinished, RoundsStarted
from .graph import Edge, GraphNode
from .handling import DEFAULT_VALUE, FAIL_BRANCH, defaults_of, retry_of, strategy_of
from .letting_go import to_its_end_or_left
from .rounds import Rounds
from .streaming import Assembler
from .variables import VariablePool

if TYPE_CHECKING:
    from .runner import FlowRun

log = logging.getLogger(__name__)
INTERNAL: Final = "The node failed for a reason of the server's own. Look at its log, or try again."
ABORTED: Final = "Stopped before it was done."
INSIDE: Final = "Nobody can be asked inside an iteration or a loop: put the node outside of it."
Tell = Callable[[EngineEvent], None]


class Walk:
    """A way: a node starts when all its incoming edges are decided and one is taken.

    Args:
        start: the node it begins with; it stays on that node's level.
        place: what the metadata of its nodes say of the round they belong to.
    """

    def __init__(
        self, run: "FlowRun", start: str, pool: VariablePool, tell: Tell, place: Mapping[str, Any] | None = None
    ) -> None:
        self.run, self.pool, self.tell, self.place = run, pool, tell, place or {}
        self._part = run.graph.part(start)
        templates = run.templates_in(self._part.nodes)
        self._assembler = Assembler(self._part, templates, pool) if templates else None
        self._undecided = dict(self._part.incoming)
        self._come_from: dict[str, str] = {}
        self.waiting: dict[str, tuple[NodeStarted, Form]] = {}
        self._resumed: list[tuple[GraphNode, NodeStarted, NodeResult | None]] = []
        self._steps = 0
        self._group = asyncio.TaskGroup()

    async def go(self) -> None:
        """Walks to the end. Raises FlowFailed."""
        try:
            async with self._group:
                if self._resumed:
                    for node, started, outcome in self._resumed:
                        self._group.create_task(self._go_on(node, started, outcome), name=f"node {node.id}")
                else:
                    self._say(self._assembler.begin() if self._assembler else ())
                    self._start(self._part.start, "")
        except asyncio.CancelledError:
            self._leave()
            raise
        except BaseExceptionGroup as group:
            self._leave()
            failed, _ = group.split(FlowFailed)
            raise (failed.exceptions[0] if failed else group.exceptions[0]) from None

    def _leave(self) -> None:
        """Nobody is asked any more."""
        for node_id, (started, _) in self.waiting.items():
            Step(self, self._part.nodes[node_id], started.predecessor, started).leave()

    def dump(self) -> dict[str, Any]:
        """What another walk goes on from once the forms it waits for are filled in."""
        return {
            "undecided": self._undecided,
            "come_from": self._come_from,
            "steps": self._steps,
            "assembler": self._assembler.dump() if self._assembler else None,
            "waiting": {
                id: {
                    "run_id": one.run_id,
                    "predecessor": one.predecessor,
                    "created_at": one.created_at,
                    "index": one.index,
                }
                for id, (one, _) in self.waiting.items()
            },
        }

    def restore(self, state: Mapping[str, Any], outcomes: Mapping[str, NodeResult]) -> None:
        """Goes on where another walk was, with what has become of forms it waited for; others are waited for still."""
        self._undecided, self._come_from = dict(state["undecided"]), dict(state["come_from"])
        self._steps = state["steps"]
        if self._assembler and state["assembler"]:
            self._assembler.restore(state["assembler"], self.run.templates_in(self._part.nodes))
        for node_id, told in state["waiting"].items():
            node = self._part.nodes[node_id]
            started = NodeStarted(told["run_id"], node, told["predecessor"], told["created_at"], told["index"])
            self._resumed.append((node, started, outcomes.get(node_id)))

    def inside(self, start: str, pool: VariablePool, tell: Tell, place: Mapping[str, Any]) -> "Walk":
        """A walk of the same run, through what stands inside one of the nodes."""
        return Walk(self.run, start, pool, tell, place)

    def emit(self, node_id: str, text: str) -> None:
        """A piece of a node's text; told when its place in an answer has come."""
        if self._assembler:
            self._say(self._assembler.piece(node_id, text))

    def _say(self, texts: Iterable[EngineEvent]) -> None:
        for text in texts:
            self.tell(text)

    def _start(self, node_id: str, predecessor: str) -> None:
        if self._steps >= self.run.limits.steps:
            raise FlowFailed(f"Max steps {self.run.limits.steps} reached.")
        self._steps += 1
        self._group.create_task(self._do(self._part.nodes[node_id], predecessor), name=f"node {node_id}")

    async def _do(self, node: GraphNode, predecessor: str) -> None:
        handle = await Step(self, node, predecessor).go()
        if handle is not None:
            self._follow(node, handle)

    async def _go_on(self, node: GraphNode, started: NodeStarted, outcome: NodeResult | None) -> None:
        handle = await Step(self, node, started.predecessor, started).resume(outcome)
        if handle is not None:
            self._follow(node, handle)

    def _follow(self, node: GraphNode, handle: str) -> None:
        self._ended(node.id, handle)
        self._decide([(edge, edge.handle == handle) for edge in self._part.outgoing[node.id]])

    def _ended(self, node_id: str, handle: str | None) -> None:
        if self._assembler:
            self._say(self._assembler.ended(node_id, handle))

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
            self._ended(edge.target, None)
            decided += [(next_edge, False) for next_edge in self._part.outgoing[edge.target]]


class Step:
    """One node, with its retries and what is done when it fails for good."""

    def __init__(self, walk: Walk, node: GraphNode, predecessor: str, started: NodeStarted | None = None) -> None:
        self._walk, self._node, self._tell = walk, node, walk.tell
        self._kind = node_of(node.type)
        self._has_rounds = self._kind is not None and self._kind.has_rounds
        self._started = started or NodeStarted(walk.run.new_id(), node, predecessor, time.time())
        self._rounds: Rounds | None = None
        self._clock = time.monotonic()
        self._is_told = False

    async def go(self) -> str | None:
        """Runs the node; returns the handle that is taken, None where it waits for a person. Raises FlowFailed."""
        given = self._walk.run.given.get(self._node.id)
        if given is not None:
            self._begin(({}, 0))
            return self._succeed(given)
        try:
            item, config = self._item()
            context = self._context()
            self._begin(item.opening(config, context) if self._has_rounds else ({}, 0))
            result = await self._patiently(item, config, context)
        except NodeWaits as waits:
            return self._wait(waits.form)
        except NodeFailed as error:
            return self._fail(error)
        except asyncio.CancelledError:
            if self._is_told:
                self._finish(NodeResult(), "stopped", ABORTED)
            raise
        return self._succeed(result)

    async def resume(self, outcome: NodeResult | None) -> str | None:
        """What has become of its form; None: it still waits."""
        self._is_told = True
        if outcome is not None:
            return self._succeed(outcome)
        try:
            item, config = self._item()
            await item.run(config, self._context())
        except NodeWaits as waits:
            return self._wait(waits.form)
        except NodeFailed as error:
            return self._fail(error)
        return None

    def leave(self) -> None:
        """It waited for a person, and the run has ended."""
        self._finish(NodeResult(), "stopped", ABORTED)

    def _wait(self, form: Form) -> str | None:
        if self._walk.place:
            return self._fail(NodeFailed(INSIDE, "HumanInputError"))
        self._walk.waiting[self._node.id] = (self._started, form)
        return None

    def _succeed(self, result: NodeResult) -> str:
        self._walk.pool.write(self._node.id, result.outputs)
        self._finish(result, "succeeded")
        return result.handle

    def _item(self) -> tuple[Node[Any], NodeConfig]:
        if self._kind is None:
            raise NodeFailed(f"This version does not run nodes of type {self._node.type}.", "UnknownNodeType")
        return self._kind(), self._walk.run.config(self._kind, self._node)

    def _context(self) -> NodeContext:
        node = self._node
        return NodeContext(
            node=node,
            pool=self._walk.pool,
            services=self._walk.run.services,
            emit=lambda text: self._walk.emit(node.id, text),
            rounds=self._make_rounds,
        )

    def _make_rounds(self, start: str, *, in_order: bool, goes_on: bool) -> Rounds:
        """Raises NodeFailed: nothing stands inside the node."""
        if start not in self._walk.run.graph.nodes:
            raise NodeFailed("Nothing stands inside the node: add one.")
        self._rounds = Rounds(self._walk, self._started, start, in_order=in_order, goes_on=goes_on)
        return self._rounds

    def _begin(self, opening: tuple[Mapping[str, Any], int]) -> None:
        self._is_told = True
        self._tell(RoundsStarted(self._started, *opening) if self._has_rounds else self._started)

    async def _patiently(self, item: Node[Any], config: NodeConfig, context: NodeContext) -> NodeResult:
        retry = retry_of(self._node.data)
        for number in range(1, retry.times + 1):
            try:
                return await self._once(item, config, context)
            except NodeFailed as error:
                elapsed_s = time.monotonic() - self._clock
                self._tell(NodeRetry(self._started, error.inputs, error.message, number, elapsed_s))
                await asyncio.sleep(retry.interval_s)
        return await self._once(item, config, context)

    async def _once(self, item: Node[Any], config: NodeConfig, context: NodeContext) -> NodeResult:
        work = item.run(config, context)
        try:
            # What only computes waits for nobody else, and rounds are walks, which hear at once.
            return await (work if item.pure or item.has_rounds else to_its_end_or_left(work))
        except (NodeFailed, NodeWaits, FlowFailed):
            raise
        except Exception as error:
            log.exception("node %s of type %s failed", self._node.id, self._node.type)
            raise NodeFailed(INTERNAL, "InternalError") from error

    def _fail(self, error: NodeFailed) -> str:
        if not self._is_told:
            self._begin(({}, 0))
        strategy = strategy_of(self._node.data)
        said = {"error_message": error.message, "error_type": error.kind}
        if strategy not in (FAIL_BRANCH, DEFAULT_VALUE):
            self._finish(NodeResult(inputs=error.inputs, process_data=error.process_data), "failed", error.message)
            raise FlowFailed(error.message) from error
        outputs = said if strategy == FAIL_BRANCH else {**defaults_of(self._node.data), **said}
        self._walk.pool.write(self._node.id, outputs)
        result = NodeResult(outputs, error.inputs, error.process_data, metadata={"error_strategy": strategy})
        self._finish(result, "exception", error.message)
        return FAIL_BRANCH if strategy == FAIL_BRANCH else result.handle

    def _finish(self, result: NodeResult, status: str, error: str = "") -> None:
        metadata = {**(result.metadata or {}), **(self._rounds.metadata if self._rounds else {}), **self._walk.place}
        finished = NodeFinished(
            started=self._started,
            status=status,
            inputs=result.inputs,
            outputs=None if status in ("failed", "stopped") else result.outputs,
            process_data=result.process_data,
            error=error,
            metadata=metadata or None,
            elapsed_s=time.monotonic() - self._clock,
            finished_at=time.time(),
            citations=result.citations,
        )
        steps = self._rounds.count if self._rounds else 0
        self._tell(RoundsFinished(finished, steps) if self._has_rounds else finished)
