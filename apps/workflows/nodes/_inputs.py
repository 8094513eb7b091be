"""Inputs that a node names after variables."""

from collections.abc import Iterable
from typing import Any

from apps.workflows.engine.config import NamedValue
from apps.workflows.engine.variables import VariablePool


def named_inputs(rows: Iterable[NamedValue], pool: VariablePool) -> dict[str, Any]:
    """The values of `[{variable, value_selector}]`, null where nobody has written one."""
    return {row.variable: pool.value(row.value_selector) for row in rows if row.variable}
