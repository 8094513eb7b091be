"""Flows written down shortly, and services that stand in for models and the sandbox."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import count
from typing import Any

from apps.workflows.engine.contracts import NodeFailed, NodeResult
from apps.workflows.engine.events import EngineEvent
from apps.workflows.engine.graph import Graph
from apps.workflows.engine.ports import (
    Found,
    ModelAnswer,
    ModelFacts,
    PromptMessage,
    Search,
    Services,
    ToolAnswer,
    ToolCall,
    WebAnswer,
    WebRequest,
)
from apps.workflows.engine.runner import FlowRun, Limits, pool_of
from apps.workflows.engine.variables import VariablePool
from apps.workflows.running import outputs_of, templates_of


def node(id: str, type: str, **data: Any) -> dict[str, Any]:
    inside = data.pop("inside", None)
    return {"id": id, "data": {"type": type, "title": id.title(), **data}, **({"parentId": inside} if inside else {})}


def edges(*ways: str) -> list[dict[str, str]]:
    """Each as `source -> target` or `source:handle -> target`."""
    found = []
    for way in ways:
        source, target = way.split(" -> ")
        name, _, handle = source.partition(":")
        found.append({"source": name, "target": target, "sourceHandle": handle or "source"})
    return found


def flow(nodes: Sequence[Mapping[str, Any]], *ways: str) -> dict[str, Any]:
    return {"graph": {"nodes": list(nodes), "edges": edges(*ways)}}


def model(id: str, say: str, **more: Any) -> dict[str, Any]:
    """A model node that says the words of `say`; the services know what to make of it."""
    return node(id, "llm", prompt_template=[{"role": "user", "text": say}], model={"name": id}, **more)


USAGE = {"total_tokens": 7, "total_price": "0.001", "currency": "USD"}


def file(id: str, type: str = "document", **more: Any) -> dict[str, Any]:
    """A file object as a flow has it."""
    name, _, extension = id.rpartition(".")
    about = {"filename": id, "extension": f".{extension}" if name else "", "size": 4, "mime_type": ""}
    return {"transfer_method": "local_file", "type": type, "related_id": id, "url": f"/files/{id}", **about, **more}


class Stand:
    """Models say their prompt word by word; code is a Python function by name; addresses answer what was sent.

    Args:
        says: what every model says instead, or what they say one after the other.
        waits: seconds before each piece of a model, by its name.
        code: functions by what stands in the node's `code`.
    """

    def __init__(self, waits: Mapping[str, float] | None = None, says: str | list[str] = "", **code: Any) -> None:
        self.waits, self.says, self.code, self.calls = waits or {}, says, code, []  # type: ignore[var-annotated]
        self.asked: list[Any] = []
        self.facts, self.files = ModelFacts(), dict[str, bytes]()
        self.called: list[tuple[str, str]] = []

    def services(self) -> Services:
        return Services(models=self, sandbox=self, web=self, knowledge=self, tools=self, files=self)

    async def ask(
        self, model: Mapping[str, Any], messages: Sequence[PromptMessage], **more: Any
    ) -> AsyncIterator[str | ModelAnswer]:
        self.calls.append((model["name"], [(one.role, one.text) for one in messages]))
        self.asked.append((messages, model, more))
        text = self.says or messages[-1].text
        if isinstance(self.says, list):
            text = self.says.pop(0)
        if more.get("functions") and self.called:
            yield ModelAnswer("", USAGE, "tool_calls", self.called)
            return
        for word in text.split():
            await asyncio.sleep(self.waits.get(model["name"], 0))
            yield f"{word} "
        yield ModelAnswer(f"{' '.join(text.split())} ", USAGE, "stop")

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append((code, dict(inputs)))
        found = self.code[code](**inputs)
        if isinstance(found, NodeFailed):
            raise found
        return found

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        return template.format(**inputs)

    async def fetch(self, request: WebRequest) -> WebAnswer:
        self.calls.append((request.method, request.url, dict(request.headers), request.body, request.timeout_s))
        last = request.url.rsplit("/", 1)[-1]
        status = int(last) if last.isdecimal() else 200
        return WebAnswer(status, {"content-type": "application/json"}, json.dumps({"url": request.url}).encode())

    async def search(self, search: Search) -> Found:
        self.calls.append(("search", search))
        return Found([{"content": f"{search.query} in {one}", "title": one} for one in search.dataset_ids])

    async def describe(self, model: Mapping[str, Any]) -> ModelFacts:
        return self.facts

    async def read(self, file: Mapping[str, Any]) -> bytes:
        return self.files[file["related_id"]]

    async def save(self, name: str, mime_type: str, data: bytes) -> Mapping[str, Any]:
        self.files[name] = data
        kind = mime_type.partition("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "document"
        return {**file(name, kind, mime_type=mime_type), "size": len(data)}

    async def text_of(self, file: Mapping[str, Any]) -> str:
        return self.files[file["related_id"]].decode()

    async def use(self, call: ToolCall) -> ToolAnswer:
        self.calls.append((call.name, dict(call.arguments)))
        return ToolAnswer(f"{call.name} {dict(call.arguments)}", [dict(call.arguments)])


def start_run(
    config: Mapping[str, Any],
    stand: Stand | None = None,
    values: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Limits | None = None,
    paused: Mapping[str, Any] | None = None,
    outcomes: Mapping[str, NodeResult] | None = None,
    given: Mapping[str, NodeResult] | None = None,
) -> FlowRun:
    graph = Graph.parse(config)
    numbers = count(paused["counts"][0] + 1 if paused else 1)
    return FlowRun(
        graph,
        next(node.id for node in graph.nodes.values() if node.type == "start"),
        pool_of(paused, values or {}) if paused else VariablePool(values),
        (stand or Stand()).services(),
        templates=templates_of(graph),
        outputs=outputs_of,
        new_id=lambda: f"n{next(numbers)}",
        limits=limits,
        paused=paused,
        outcomes=outcomes,
        given=given,
    )


def run(*args: Any, **more: Any) -> list[EngineEvent]:
    async def collect() -> list[EngineEvent]:
        return [event async for event in start_run(*args, **more).events()]

    return asyncio.run(collect())
