"""Conditions of branches, loops and filters (DSL 4.7)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.variables import FILE_KEYS, VariablePool, as_text, is_file
from apps.workflows.nodes._configs import Condition


def holds(condition: Condition, pool: VariablePool) -> bool:
    """Whether a condition holds; a variable nobody has written is null. Raises NodeFailed: an unknown operator."""
    actual = pool.value(condition.variable_selector)
    inner = condition.sub_variable_condition
    if isinstance(inner, Mapping) and inner.get("conditions") and isinstance(actual, list):
        return _of_files(actual, inner, pool)
    return compare(actual, condition.comparison_operator, expected(condition.value, pool))


def compare(actual: Any, operator: str, expected: Any) -> bool:
    """Applies an operator to a value. Raises NodeFailed: an unknown operator, or a value that is no number."""
    found = _OPERATORS.get(operator)
    if found is None:
        raise NodeFailed(f"There is no operator {operator[:40]!r}.", "ConditionError")
    return found(actual, expected)


def expected(value: Any, pool: VariablePool) -> Any:
    """What is compared with: texts with their references resolved."""
    if isinstance(value, list):
        return [pool.fill(item) if isinstance(item, str) else item for item in value]
    return pool.fill(value) if isinstance(value, str) else value


def _of_files(files: Sequence[Any], inner: Mapping[str, Any], pool: VariablePool) -> bool:
    found = []
    for condition in inner.get("conditions") or ():
        operator, key = str(condition.get("comparison_operator") or ""), str(condition.get("key") or "")
        wanted = expected(condition.get("value"), pool)
        if key == "extension":
            wanted = [_dotted(one) for one in wanted] if isinstance(wanted, list) else _dotted(wanted)
        results = [compare(of_file(file, key), operator, wanted) for file in files if is_file(file)]
        found.append(all(results) if "not" in operator else any(results))
    return any(found) if inner.get("logical_operator") == "or" else all(found)


def of_file(file: Mapping[str, Any], key: str) -> Any:
    """What a file says under one of the names that conditions know."""
    value = file.get(FILE_KEYS.get(key, key))
    return _dotted(value) if key == "extension" else value


def _dotted(extension: Any) -> Any:
    return f".{extension}" if extension and not str(extension).startswith(".") else extension


def _contains(actual: Any, expected: Any) -> bool:
    if not actual:
        return False
    if isinstance(actual, list):
        return expected in actual or as_text(expected) in map(as_text, actual)
    return as_text(expected) in as_text(actual)


def _is(actual: Any, expected: Any) -> bool:
    if isinstance(actual, bool):
        return actual == _truth(expected)
    return as_text(actual) == as_text(expected)


def _truth(value: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(as_text(value).strip().lower())


def _by_number(decide: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def apply(actual: Any, expected: Any) -> bool:
        if actual is None or actual == "":
            return False
        if isinstance(actual, bool):
            return decide(float(actual), float(bool(_truth(expected))))
        try:
            return decide(float(actual), float(expected))
        except (TypeError, ValueError) as error:
            raise NodeFailed(f"{as_text(expected)[:40]!r} or what it is compared with is no number.") from error

    return apply


def _in(actual: Any, expected: Any) -> bool:
    values = expected if isinstance(expected, list) else [part.strip() for part in as_text(expected).split(",")]
    return bool(actual) and as_text(actual) in map(as_text, values)


def _all_of(actual: Any, expected: Any) -> bool:
    values = expected if isinstance(expected, list) else [expected]
    return isinstance(actual, list) and all(_contains(actual, value) for value in values)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "contains": _contains,
    "not contains": lambda actual, expected: not _contains(actual, expected),
    "start with": lambda actual, expected: bool(actual) and as_text(actual).startswith(as_text(expected)),
    "end with": lambda actual, expected: bool(actual) and as_text(actual).endswith(as_text(expected)),
    "is": lambda actual, expected: actual is not None and _is(actual, expected),
    "is not": lambda actual, expected: actual is not None and not _is(actual, expected),
    "empty": lambda actual, _: not actual,
    "not empty": lambda actual, _: bool(actual),
    "=": _by_number(lambda one, other: one == other),
    "≠": _by_number(lambda one, other: one != other),
    ">": _by_number(lambda one, other: one > other),
    "<": _by_number(lambda one, other: one < other),
    "≥": _by_number(lambda one, other: one >= other),
    "≤": _by_number(lambda one, other: one <= other),
    "null": lambda actual, _: actual is None,
    "not null": lambda actual, _: actual is not None,
    "in": _in,
    "not in": lambda actual, expected: not _in(actual, expected),
    "all of": _all_of,
    "exists": lambda actual, _: actual is not None,
    "not exists": lambda actual, _: actual is None,
}
