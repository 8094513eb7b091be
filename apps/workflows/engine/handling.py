"""What the file says of a node's failures: how often it is tried again, and what is done then (DSL 3.2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FAIL_BRANCH: Final = "fail-branch"
DEFAULT_VALUE: Final = "default-value"
MAX_RETRIES: Final = 10
MAX_INTERVAL_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed node is tried again, and after how long."""

    times: int = 0
    interval_s: float = 0.0


def retry_of(data: Mapping[str, Any]) -> Retry:
    """The node's retries; what cannot be read means none."""
    config = data.get("retry_config")
    if not isinstance(config, Mapping) or config.get("retry_enabled") is not True:
        return Retry()
    times, interval_ms = _number(config.get("max_retries")), _number(config.get("retry_interval"))
    return Retry(int(min(times, MAX_RETRIES)), min(interval_ms / 1000, MAX_INTERVAL_S))


def strategy_of(data: Mapping[str, Any]) -> str:
    """`fail-branch`, `default-value`, or "" where a failure ends the run."""
    found = data.get("error_strategy")
    return found if found in (FAIL_BRANCH, DEFAULT_VALUE) else ""


def defaults_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that stand in for those of a failed node."""
    rows = data.get("default_value")
    found = [row for row in rows if isinstance(row, Mapping) and row.get("key")] if isinstance(rows, list) else []
    return {str(row["key"]): _typed(row.get("value"), str(row.get("type") or "string")) for row in found}


def _typed(value: Any, kind: str) -> Any:
    """Numbers, objects and lists may be written as text."""
    if kind == "string" or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _number(value: Any) -> float:
    return max(float(value), 0.0) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
