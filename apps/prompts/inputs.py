"""Checks the `inputs` of a run against the app's form (service API 3.6)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.common.errors import InvalidParam
from apps.common.text import storable, storable_json
from apps.files.references import STORED

from .config import Variable

_YES: Final = frozenset({"true", "1", "yes", "on"})
_NO: Final = frozenset({"false", "0", "no", "off"})


def read_inputs(variables: Sequence[Variable], given: Mapping[str, Any]) -> dict[str, Any]:
    """The declared variables' values; undeclared keys are dropped. Files are still what the caller wrote of them.

    Raises:
        InvalidParam: required and absent, wrong type, too long, not an option; the contract's sentences.
    """
    return {variable.name: _value(variable, given.get(variable.name)) for variable in variables}


def _value(variable: Variable, value: Any) -> Any:
    if value is None or value == "":
        return _absent(variable)
    if variable.kind == "number":
        return _number(variable, value)
    if variable.kind in {"text-input", "paragraph", "select"}:
        return _text(variable, value)
    if variable.kind == "checkbox":
        return _truth(variable, value)
    if variable.files is not None:
        return _file_objects(variable, value, variable.files.number_limit)
    return unmarked(storable_json(value))


def _absent(variable: Variable) -> Any:
    if variable.required:
        raise InvalidParam(f"{variable.name} is required in input form")
    if variable.kind == "checkbox":
        return _truth(variable, variable.default) if variable.default not in (None, "") else False
    if variable.files is not None:
        return [] if variable.kind == "file-list" else None
    return unmarked(variable.default) if variable.default is not None else ""


def unmarked(value: Any) -> Any:
    """The value without the mark of stored files: its readers get a link to the file, and nobody asked whose it is."""
    if isinstance(value, list):
        return [unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: unmarked(item) for key, item in value.items() if (key, item) != ("dify_model_identity", STORED)}


def _truth(variable: Variable, value: Any) -> bool:
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise InvalidParam(f"{variable.name} in input form must be true or false")


def _file_objects(variable: Variable, value: Any, limit: int) -> Any:
    """The object or array as it came; whose the files are is looked up later."""
    if variable.kind == "file":
        if not isinstance(value, Mapping):
            raise InvalidParam(f"{variable.name} in input form must be a file")
        return value
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise InvalidParam(f"{variable.name} in input form must be a list of files")
    if not value and variable.required:
        raise InvalidParam(f"{variable.name} is required in input form")
    if len(value) > limit:
        raise InvalidParam(f"Number of files exceeds the maximum limit {limit}")
    return value


def _text(variable: Variable, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidParam(f"{variable.name} in input form must be a string")
    text = storable(value)
    if variable.kind == "select" and text not in variable.options:
        raise InvalidParam(f"{variable.name} in input form must be one of the following: {list(variable.options)}")
    if variable.max_length and variable.kind != "select" and len(text) > variable.max_length:
        raise InvalidParam(f"{variable.name} in input form must be less than {variable.max_length} characters")
    return text


def _number(variable: Variable, value: Any) -> int | float:
    number: int | float = math.nan
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = value
        elif isinstance(value, str):
            number = float(value) if "." in value else int(value)
        is_number = math.isfinite(number)
    except (ValueError, OverflowError):  # the latter: more digits than a float can stand for
        is_number = False
    if not is_number:
        raise InvalidParam(f"{variable.name} in input form must be a number")
    return number
