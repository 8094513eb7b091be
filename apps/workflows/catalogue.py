"""The kinds of nodes as the canvas takes them: what can be added, what each is set up with, what it brings."""

import inspect
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from .engine.config import NodeConfig
from .engine.contracts import Node, NodeFailed, config_of, node_of, nodes

# Where the format is written down: of use to those who read the code alone.
_CONTRACT: Final = re.compile(r" \(DSL [\d., ]+\)")


def types_of(mode: str) -> list[dict[str, Any]]:
    """All kinds of nodes, as JSON; `is_offered`: whether an app of this mode may be given one."""
    return [{**_described(key), "is_offered": _is_offered(node, mode)} for key, node in nodes.all().items()]


def variables_of(data: Mapping[str, Any]) -> Mapping[str, str]:
    """The variables that a node with these settings brings, with their types; none where they cannot be read."""
    kind = node_of(str(data.get("type")))
    if kind is None:
        return {}
    try:
        return kind.variables(config_of(kind, data))
    except NodeFailed:
        return {}


def all_variables(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, str]]:
    """The same of several nodes, by their ids."""
    return {str(row["id"]): variables_of(row["data"]) for row in rows if isinstance(row.get("data"), Mapping)}


def _is_offered(node: type[Node[Any]], mode: str) -> bool:
    return not node.modes or mode in node.modes


@cache
def _described(key: str) -> dict[str, Any]:
    node = nodes.all()[key]
    return {
        "key": key,
        "label": node.label,
        "description": _doc(node),
        "family": node.family,
        "icon": node.icon,
        "aliases": sorted(node.aliases),
        "only_inside": node.only_inside,
        "leads_on": node.leads_on,
        "has_rounds": node.has_rounds,
        "branches": node.branches,
        "streams": node.streams,
        "fresh": node.fresh,
        "schema": node.Config.model_json_schema(),
        "common": sorted(NodeConfig.model_fields),
    }


def _doc(node: type[Node[Any]]) -> str:
    module = inspect.getdoc(inspect.getmodule(node)) or ""
    return _CONTRACT.sub("", module.splitlines()[0]) if module else ""
