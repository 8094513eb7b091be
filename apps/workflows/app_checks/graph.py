"""Warns of what a flow's nodes name and this installation does not have; such nodes fail when they are reached."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from apps.common.ids import parse_uuid
from apps.knowledge.models import Dataset
from apps.models.catalogue import canonical_provider
from apps.models.selectors import list_models
from apps.prompts.choices import FLOW_MODES, AppMode
from apps.prompts.contracts import AppCheck, app_checks
from apps.prompts.flows import nodes_of
from apps.prompts.shapes import as_list, as_map
from apps.tools.contracts import tool_of
from apps.workflows.adapters.tools import WORKFLOW
from apps.workflows.engine.checklist import checklist_of, duplicate_titles
from apps.workflows.engine.contracts import node_of
from apps.workflows.engine.graph import Graph
from apps.workflows.engine.validation import faults_of
from apps.workspaces.models import User, Workspace

_MODEL_NODES: Final = frozenset({"llm", "question-classifier", "parameter-extractor"})
_ENDS: Final = {AppMode.WORKFLOW: ("end",), AppMode.ADVANCED_CHAT: ("answer",)}


@app_checks.register
class GraphCheck(AppCheck):
    """An import never fails on the content of a node; it says what is missing."""

    key, label = "graph", "Workflow"

    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """One sentence for each node type, tool, model and knowledge base that is missing, in the nodes' order."""
        if mode not in FLOW_MODES:
            return []
        nodes = [data for _, data in nodes_of(config)]
        found = [
            *_unknown_types(nodes),
            *_missing_models(workspace, nodes),
            *_missing_tools(nodes),
            *_missing_bases(workspace, nodes),
        ]
        return list(dict.fromkeys(found))

    def faults(self, *, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """What the engine could not run."""
        found = faults_of(Graph.parse(config)) if mode in FLOW_MODES else []
        return [("graph", fault.sentence, fault.node_id) for fault in found]

    def advice(self, *, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """The checklist of a flow."""
        ends = _ENDS.get(AppMode(mode))
        found = checklist_of(Graph.parse(config), ends=ends) if ends else []
        return [("graph", fault.sentence, fault.node_id) for fault in found]

    def refusals(
        self, *, user: User, workspace: Workspace, config: Mapping[str, Any], known: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, str, str]]:
        """A name that two nodes have, unless they had it already: variables are told apart by it."""
        before = {title for one in known for title in duplicate_titles(Graph.parse(one))}
        twice = [title for title in duplicate_titles(Graph.parse(config)) if title not in before]
        return [
            ("duplicate_node_name", f"Two nodes are called {title[:80]}. Give each a name of its own.", "graph.nodes")
            for title in twice
        ]

    def without_foreign(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without ids of knowledge that is not in this workspace."""
        graph = config.get("graph")
        nodes = as_map(graph).get("nodes")
        if mode not in FLOW_MODES or not isinstance(nodes, list):
            return config
        known = _known_bases(workspace, [data for _, data in nodes_of(config)])
        return {**config, "graph": {**as_map(graph), "nodes": [_with_bases(node, known) for node in nodes]}}


def _unknown_types(nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    for data in nodes:
        if node_of(_kind(data)) is None:
            yield (
                f"{_title(data)}: this version does not run nodes of type {_kind(data)[:80]}. "
                "It fails when it is reached."
            )


def _missing_models(workspace: Workspace, nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    choices = list_models(workspace=workspace, model_type="llm")
    usable = {(choice.provider.key, choice.spec.name) for choice in choices}
    for data in nodes:
        model = as_map(data.get("model"))
        provider, name = str(model.get("provider") or ""), str(model.get("name") or "")
        if _kind(data) in _MODEL_NODES and name and (canonical_provider(provider), name) not in usable:
            yield (
                f"The model {name[:80]} of {provider[:80] or 'no provider'} is not set up in this workspace. "
                "Add it under Settings -> Model Provider, or choose another in the node."
            )


def _missing_tools(nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    for data in nodes:
        if _kind(data) == "tool" and data.get("provider_type") != WORKFLOW and not _is_installed(data):
            tool, provider = str(data.get("tool_name") or "?"), str(data.get("provider_id") or "?")
            yield f"The tool {tool[:80]} of {provider[:80]} is not installed. {_title(data)} fails when it is reached."


def _is_installed(data: Mapping[str, Any]) -> bool:
    names = (str(data.get(key) or "") for key in ("provider_id", "provider_name"))
    return any(tool_of(name, str(data.get("tool_name"))) for name in names)


def _missing_bases(workspace: Workspace, nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    known = _known_bases(workspace, nodes)
    for data in nodes:
        for given in _base_ids(data):
            if parse_uuid(given) not in known:
                yield (
                    f"{_title(data)}: a knowledge base does not exist in this workspace and was taken out "
                    f"({str(given)[:40]}). Choose another in the node."
                )


def _known_bases(workspace: Workspace, nodes: list[Mapping[str, Any]]) -> set[UUID]:
    wanted = {id for data in nodes for given in _base_ids(data) if (id := parse_uuid(given)) is not None}
    if not wanted:
        return set()
    return set(Dataset.objects.filter(workspace=workspace, id__in=wanted).values_list("id", flat=True))


def _base_ids(data: Mapping[str, Any]) -> list[Any]:
    return list(as_list(data.get("dataset_ids"))) if _kind(data) == "knowledge-retrieval" else []


def _with_bases(node: Any, known: set[UUID]) -> Any:
    data = as_map(as_map(node).get("data"))
    if data.get("type") != "knowledge-retrieval" or not _base_ids(data):
        return node
    kept = [given for given in _base_ids(data) if parse_uuid(given) in known]
    return {**node, "data": {**data, "dataset_ids": kept}}


def _kind(data: Mapping[str, Any]) -> str:
    return str(data["type"])


def _title(data: Mapping[str, Any]) -> str:
    return f"“{str(data.get('title') or _kind(data))[:80]}”"
