"""YAML of strangers: safe types only, and nothing small that becomes large.

The file's events are read first, which needs neither recursion nor memory. Only then are values built: libyaml's
composer recurses in C, so that deep nesting would end the process, and merge keys copy what they merge.
"""

from typing import Any

import yaml

MAX_VALUES = 200_000  # after aliases are expanded: a file of nested aliases must not become gigabytes
MAX_DEPTH = 100
_MAX_INTEGER = 2**63
_MAX_DIGITS = 100


def load(content: str | bytes) -> Any:
    """The file's one document: maps, lists, texts, finite numbers, booleans, nulls.

    Raises:
        yaml.YAMLError: not YAML.
        ValueError: too many values, nested too deeply, or a value of another kind.
    """
    _measure(content)
    data = yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader
    _check(data)
    return data


class _Loader(yaml.CSafeLoader):
    """YAML's safe types without dates: a date in a prompt is text, and JSON has none."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _short_int(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    """Reading a number of a million digits, or of a million parts between colons, takes minutes."""
    if len(node.value) > _MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return int(loader.construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _short_int)


def _measure(content: str | bytes) -> None:
    """Bounds depth and size before anything is built."""
    sizes: dict[str, int] = {}  # of each anchor's node, aliases in it expanded
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 0))
            if len(open_nodes) > MAX_DEPTH:
                raise ValueError("nested too deeply")
            continue
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError("an alias must follow what it stands for")
            anchor, size = None, sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 0
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_nodes.pop()
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        around, total = open_nodes[-1]
        open_nodes[-1] = (around, total + size + 1)
        if open_nodes[-1][1] > MAX_VALUES:
            raise ValueError("too many values")


def _check(value: object, depth: int = 0) -> None:
    """Refuses what JSON cannot hold. An alias of its own parent shows as endless depth."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"values of type {type(value).__name__} are not allowed")
    elif isinstance(value, float) and (value != value or abs(value) == float("inf")):
        raise ValueError("numbers must be finite")
    elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        raise ValueError("whole numbers must fit into 64 bits")
