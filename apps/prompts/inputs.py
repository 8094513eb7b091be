"""Checks the `inputs` of a run against the app's form (service API 3.6)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.errors import InvalidParam
from apps.common.text import storable, storable_json

from .config import Variable


def read_inputs(variables: Sequence[Variable], given: Mapping[str, Any]) -> dict[str, Any]:
    """The declared variables' values; undeclared keys are dropped.

    Raises:
        InvalidParam: required and absent, wrong type, too long, not an option; the contract's sentences.
    """
    return {variable.name: _value(variable, given.get(variable.name)) for variable in variables}


def _value(variable: Variable, value: Any) -> Any:
    if value is None or value == "":
        if variable.required:
            raise InvalidParam(f"{variable.name} is required in input form")
        return variable.default if variable.default is not None else ""
    if variable.kind == "number":
        return _number(variable, value)
    if variable.kind in {"text-input", "paragraph", "select"}:
        return _text(variable, value)
    return storable_json(value)


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
