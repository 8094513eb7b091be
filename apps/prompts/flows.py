"""The `workflow` map of app files: its nodes, form and variables, whatever shape the file has (contracts: DSL 1.4)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .shapes import as_list, as_map

ENVIRONMENT: Final = "environment_variables"
CONVERSATION: Final = "conversation_variables"
SECRET: Final = "secret"  # noqa: S105 - a type of variables
# What names an account or address of the workspace the file comes from.
_OWN_KEYS: Final = frozenset({"credential_id", "subscription_id", "webhook_url", "webhook_debug_url"})


def nodes_of(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Id and `data` of each node that may run; notes on the canvas have no type and are passed over."""
    for node in map(as_map, as_list(as_map(config.get("graph")).get("nodes"))):
        data = as_map(node.get("data"))
        if data.get("type"):
            yield str(node.get("id") or ""), data


def edges_of(config: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Source, handle and target of each edge."""
    for edge in map(as_map, as_list(as_map(config.get("graph")).get("edges"))):
        if edge.get("source") and edge.get("target"):
            yield str(edge["source"]), str(edge.get("sourceHandle") or "source"), str(edge["target"])


def variables_of(config: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """The environment or conversation variables that have a name."""
    return (row for row in map(as_map, as_list(config.get(key))) if row.get("name"))


def start_form(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The start node's variables as a `user_input_form`: each under its type, with all it says (service API 6.5)."""
    start = next((data for _, data in nodes_of(config) if data.get("type") == "start"), {})
    rows = map(as_map, as_list(start.get("variables")))
    return [{str(row.get("type") or "text-input"): dict(row)} for row in rows if row.get("variable")]


def as_basic(config: Mapping[str, Any]) -> dict[str, Any]:
    """Form and features of a flow under the keys that basic apps have for them."""
    return {**as_map(config.get("features")), "user_input_form": start_form(config)}


def is_secret(variable: Any) -> bool:
    """Whether an environment variable's value is not to be shown."""
    return as_map(variable).get("value_type") == SECRET


def for_export(config: Mapping[str, Any], *, include_secrets: bool) -> dict[str, Any]:
    """The map as it may leave the workspace: accounts and addresses of its own are left out, on demand secrets too."""
    content = {key: _without_own_keys(value) if key == "graph" else value for key, value in config.items()}
    if not include_secrets and isinstance(content.get(ENVIRONMENT), list):
        content[ENVIRONMENT] = [{**row, "value": ""} if is_secret(row) else row for row in content[ENVIRONMENT]]
    return content


def _without_own_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_own_keys(inner) for key, inner in value.items() if key not in _OWN_KEYS}
    if isinstance(value, list):
        return [_without_own_keys(item) for item in value]
    return value
