"""Inputs that a node names after variables."""

from typing import Any

from apps.workflows.engine.contracts import NodeContext


def named_inputs(context: NodeContext, key: str = "variables") -> dict[str, Any]:
    """The values of `[{variable, value_selector}]`, null where nobody has written one."""
    rows = context.data.get(key)
    found = [row for row in rows if row.get("variable")] if isinstance(rows, list) else []
    return {str(row["variable"]): context.pool.value(row.get("value_selector") or ()) for row in found}
