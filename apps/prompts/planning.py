"""What importing an app file would change, by the names a person knows: nodes, variables, features."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .choices import FLOW_MODES
from .diffing import compare
from .flows import CONVERSATION, ENVIRONMENT, edges_of, nodes_of, variables_of
from .secret_values import SEALED
from .shapes import as_map

# Where a node stands and whether it is chosen changes nothing of what it does.
_LOOKS: Final = frozenset({"selected", "width", "height"})


def plan_flow(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The difference of two `workflow` maps.

    Returns:
        nodes, edges, environment_variables, conversation_variables, features: each a map of added, removed and
        (but for edges) changed; a changed thing names its fields that differ.
    """
    return {
        "nodes": _difference(_nodes(before), _nodes(after)),
        "edges": _edge_difference(before, after),
        ENVIRONMENT: _difference(_variables(before, ENVIRONMENT), _variables(after, ENVIRONMENT)),
        CONVERSATION: _difference(_variables(before, CONVERSATION), _variables(after, CONVERSATION)),
        "features": _difference(_features(before), _features(after)),
    }


def plan_config(mode: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The difference of two configurations of an app of this mode; basic ones by the sections of their editor."""
    if mode in FLOW_MODES:
        return plan_flow(before, after)
    return {
        section.title: [{"field": change.label, "kind": change.kind} for change in section.changes]
        for section in compare(before, after)
    }


def _difference(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    shared = [key for key in after if key in before and after[key] != before[key]]
    return {
        "added": [key for key in after if key not in before],
        "removed": [key for key in before if key not in after],
        "changed": {key: _changed_fields(before[key], after[key]) for key in shared},
    }


def _changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))


def _nodes(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        node_id: {key: value for key, value in data.items() if key not in _LOOKS} for node_id, data in nodes_of(config)
    }


def _variables(config: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """By name; a sealed value and the "" of a file without secrets say the same."""
    return {
        str(row["name"]): {
            name: "" if SEALED in as_map(value) else value
            for name, value in row.items()
            if name not in ("id", "selector")
        }
        for row in variables_of(config, key)
    }


def _features(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {key: value if isinstance(value, Mapping) else {"value": value} for key, value in _items(config)}


def _items(config: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return as_map(config.get("features")).items()


def _edge_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    old, new = _edges(before), _edges(after)
    return {"added": sorted(new - old), "removed": sorted(old - new)}


def _edges(config: Mapping[str, Any]) -> set[str]:
    """Each as `source:handle -> target`."""
    return {f"{source}:{handle} -> {target}" for source, handle, target in edges_of(config)}
