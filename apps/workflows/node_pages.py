"""The pages of docs/nodes/, made of what nodes say of themselves: `python -m apps.workflows.node_pages docs/nodes`."""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .engine.config import NodeConfig
from .engine.contracts import Node, nodes

EXAMPLE: Final = "example.yml"
_OF_ALL: Final = frozenset(NodeConfig.model_fields)


def pages() -> dict[str, str]:
    """File names and contents: one for each type of node, and an index."""
    found = {f"{key}.md": page_of(node) for key, node in nodes.all().items()}
    return {**found, "README.md": _index()}


def page_of(node: type[Node[Any]]) -> str:
    """What a node does, its settings, its variables, an example."""
    schema = node.Config.model_json_schema()
    parts = [f"# {node.label}", f"`{node.key}`{_aliases(node)}. {_doc(node)}"]
    settings = {name: one for name, one in schema.get("properties", {}).items() if name not in _OF_ALL}
    if settings:
        parts += ["## Settings", _table(settings), *_inner_parts(schema)]
    if node.outputs:
        rows = "\n".join(f"| `{name}` | {kind} |" for name, kind in node.outputs.items())
        parts += ["## Variables it brings", f"| name | type |\n|---|---|\n{rows}"]
    example = example_of(node)
    if example:
        parts += ["## Example", f"```yaml\n{example.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def example_of(node: type[Node[Any]]) -> str:
    """The `data` of such a node, as an app file has it; "" where its folder holds none."""
    path = Path(inspect.getfile(node)).with_name(EXAMPLE)
    return path.read_text() if path.is_file() else ""


def _index() -> str:
    rows = "\n".join(f"| [{node.label}]({key}.md) | `{key}` | {_doc(node)} |" for key, node in nodes.all().items())
    return (
        "# Nodes\n\nWhat a flow is made of. These pages are written by `make docs` from the nodes themselves.\n\n"
        f"| node | type | |\n|---|---|---|\n{rows}\n"
    )


def _aliases(node: type[Node[Any]]) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(node.aliases))
    return f" (older files: {names})" if names else ""


def _doc(node: type[Node[Any]]) -> str:
    module = inspect.getdoc(inspect.getmodule(node)) or ""
    own = inspect.getdoc(node) or ""
    return " ".join(f"{module.splitlines()[0]} {own}".split())


def _inner_parts(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, part in schema.get("$defs", {}).items():
        if part.get("properties"):
            yield f"### {name}"
            yield " ".join([*str(part.get("description", "")).split()])
            yield _table(part["properties"])


def _table(settings: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| `{name}` | {_type(one)} | {_default(one)} | {one.get('description', '')} |"
        for name, one in settings.items()
    )
    return f"| setting | type | default | what it is |\n|---|---|---|---|\n{rows}"


def _type(one: Mapping[str, Any]) -> str:
    if one.get("widget"):
        return str(one["widget"])
    if "options" in one or "enum" in one:
        return ", ".join(f"`{option}`" for option in one.get("options") or one["enum"])
    if "$ref" in one:
        return str(one["$ref"]).rpartition("/")[2]
    if one.get("type") == "array":
        return f"list of {_type(one.get('items') or {})}"
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_type(option) for option in one["anyOf"]))
    return {"string": "text", "object": "map", "null": "nothing"}.get(str(one.get("type")), str(one.get("type", "any")))


def _default(one: Mapping[str, Any]) -> str:
    default = one.get("default")
    return "" if default in (None, "", [], {}) else f"`{default}`"


def main() -> None:
    """Writes the pages into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
