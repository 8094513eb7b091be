"""The kinds of nodes as the canvas takes them: what can be added, what each is set up with, what it brings."""

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from apps.prompts.flows import nodes_of

from .engine.config import NodeConfig
from .engine.contracts import Node, brought_by, brought_inside, nodes

# Where the format is written down: of use to those who read the code alone.
_CONTRACT: Final = re.compile(r" \(DSL [\d., ]+\)")


def types_of(mode: str) -> list[dict[str, Any]]:
    """All kinds of nodes, as JSON; `is_offered`: whether an app of this mode may be given one."""
    return [{**_described(key), "is_offered": _is_offered(node, mode)} for key, node in nodes.all().items()]


def all_variables(config: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, str]]]:
    """Of all nodes of a `workflow` map, by their ids: `variables`, and in `inner` those that are only seen inside."""
    known = dict(nodes_of(config))
    inner = {node_id: brought_inside(data) for node_id, data in known.items()}
    return {
        "variables": {node_id: brought_by(data) for node_id, data in known.items()},
        "inner": {node_id: found for node_id, found in inner.items() if found},
    }


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
        "can_fail": node.can_fail,
        "schema": node.Config.model_json_schema(),
        "common": sorted(NodeConfig.model_fields),
    }


def _doc(node: type[Node[Any]]) -> str:
    module = inspect.getdoc(inspect.getmodule(node)) or ""
    return _CONTRACT.sub("", module.splitlines()[0]).replace("`", "") if module else ""
