"""Texts that a flow answers with, put together in their templates' order while nodes still run (DSL 7).

A template may begin before its node is reached: as soon as every branch on some way to it has been taken. One at a
time is told; a model that ended before its place in the template is told when its turn comes.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .contracts import NodeFailed, config_of, node_of
from .events import Text
from .graph import GraphNode, Part
from .variables import MISSING, REFERENCE, VariablePool, as_markdown


@dataclass(frozen=True, slots=True)
class Template:
    """The answer of one node: texts and, as selectors, variables."""

    node_id: str
    parts: Sequence[str | tuple[str, ...]]


class Assembler:
    """Takes what happens in a part of the graph and gives what may be told by then."""

    def __init__(self, part: Part, templates: Sequence[Template], pool: VariablePool) -> None:
        self._part, self._pool = part, pool
        self._waiting = {template.node_id: template for template in templates}
        self._ready: deque[Template] = deque()
        self._place = self._told = 0  # the part of the first template, and how many pieces of it
        self._streams: dict[str, list[str]] = {}
        self._ended: set[str] = set()
        self._handles: dict[str, str] = {}
        kinds = {id: node_of(node.type) for id, node in part.nodes.items()}
        self._streaming = {id for id, kind in kinds.items() if kind is not None and kind.streams}
        # Another answer blocks as well: its place is before those that follow it.
        self._blocking = {id for id, kind in kinds.items() if kind is None or kind.branches} | set(self._waiting)
        self._blocking |= {id for id, node in part.nodes.items() if node.data.get("error_strategy") == "fail-branch"}
        read = {tuple(piece[:2]) for one in templates for piece in one.parts if not isinstance(piece, str)}
        self._blocking |= {id for id, node in part.nodes.items() if _changes(node) & read}

    def dump(self) -> dict[str, Any]:
        """How far it is."""
        return {
            "ready": [template.node_id for template in self._ready],
            "waiting": list(self._waiting),
            "place": [self._place, self._told],
            "streams": self._streams,
            "ended": sorted(self._ended),
            "handles": self._handles,
        }

    def restore(self, state: Mapping[str, Any], templates: Sequence[Template]) -> None:
        """Goes on where another one was when it was dumped."""
        by_id = {template.node_id: template for template in templates}
        self._ready = deque(by_id[id] for id in state["ready"])
        self._waiting = {id: by_id[id] for id in state["waiting"]}
        self._place, self._told = state["place"]
        self._ended, self._handles = set(state["ended"]), dict(state["handles"])
        self._streams = {id: list(pieces) for id, pieces in state["streams"].items()}

    def begin(self) -> Iterator[Text]:
        """What may be told at once."""
        yield from self._advance(find=True)

    def piece(self, node_id: str, text: str) -> Iterator[Text]:
        """A piece of a node's text."""
        self._streams.setdefault(node_id, []).append(text)
        yield from self._advance(find=False)

    def ended(self, node_id: str, handle: str | None) -> Iterator[Text]:
        """A node has ended and took this handle; None: it was skipped."""
        self._ended.add(node_id)
        if handle is not None:
            self._handles[node_id] = handle
        yield from self._advance(find=node_id in self._blocking)

    def _advance(self, *, find: bool) -> Iterator[Text]:
        if find:
            self._find_ready()
        while self._ready:
            yield from self._parts(self._ready[0])
            if self._place < len(self._ready[0].parts):
                return
            self._ready.popleft()
            self._place = 0

    def _parts(self, template: Template) -> Iterator[Text]:
        while self._place < len(template.parts):
            part = template.parts[self._place]
            if isinstance(part, str):
                yield Text(part)
            elif part[0] in self._streaming and part[1:] == ("text",) and not self._was_quiet(part[0]):
                yield from self._rest(part)
                if part[0] not in self._ended:
                    return
            else:
                found = self._pool.read(part)
                if found is MISSING and part[0] in self._part.nodes and part[0] not in self._ended:
                    return
                if found is not MISSING and (text := as_markdown(found)):
                    yield Text(text, part)
            self._place, self._told = self._place + 1, 0

    def _was_quiet(self, node_id: str) -> bool:
        """Whether a node that may stream has ended without a piece: its value is told as it stands."""
        return node_id in self._ended and node_id not in self._streams

    def _rest(self, selector: tuple[str, ...]) -> Iterator[Text]:
        pieces = self._streams.get(selector[0], ())
        while self._told < len(pieces):
            self._told += 1
            yield Text(pieces[self._told - 1], selector)

    def _find_ready(self) -> None:
        for node_id in sorted(self._certain() & self._waiting.keys()):
            self._ready.append(self._waiting.pop(node_id))

    def _certain(self) -> set[str]:
        """The nodes with a way from the start on which every branch has been taken."""
        found, open_ = {self._part.start}, [self._part.start]
        while open_:
            node_id = open_.pop()
            is_open = node_id not in self._blocking
            for edge in self._part.outgoing[node_id]:
                if (is_open or self._handles.get(node_id) == edge.handle) and edge.target not in found:
                    found.add(edge.target)
                    open_.append(edge.target)
        return found


def _changes(node: GraphNode) -> set[tuple[str, ...]]:
    """The conversation's variables that a node changes: templates with them wait for it."""
    kind = node_of(node.type)
    try:
        return set() if kind is None else {tuple(one) for one in kind.changes(config_of(kind, node.data))}
    except NodeFailed:
        return set()


def parts_of(text: str) -> list[str | tuple[str, ...]]:
    """A template cut into texts and selectors."""
    parts: list[str | tuple[str, ...]] = []
    place = 0
    for match in REFERENCE.finditer(text):
        if match.start() > place:
            parts.append(text[place : match.start()])
        parts.append(tuple(match[1].split(".")))
        place = match.end()
    return [*parts, text[place:]] if place < len(text) else parts
