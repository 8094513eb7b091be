"""Lists of the APIs, read by cursor (service API 1.4): what a caller may ask, and the part of a list it gets."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from .errors import InvalidParam
from .ids import parse_uuid
from .text import shown

M = TypeVar("M", bound=Model)
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
MAX_PAGE: Final = 99_999
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")


def read_limit(query: Mapping[str, Any], *, maximum: int = MAX_LIMIT) -> int:
    """How many entries are wanted. Raises InvalidParam."""
    return read_number(query, "limit", default=DEFAULT_LIMIT, maximum=maximum)


def read_number(query: Mapping[str, Any], name: str, *, default: int, maximum: int) -> int:
    """A whole number from 1 to `maximum`; absent or empty it is `default`. Raises InvalidParam."""
    text = str(query.get(name) or "").strip()
    if not text:
        return default
    if not _WHOLE.fullmatch(text):
        raise InvalidParam(f"{shown(text)} is not a valid integer", params=name)
    number = int(text)
    if not 1 <= number <= maximum:
        raise InvalidParam(
            f"Invalid argument: {shown(text)}. argument must be within the range 1 - {maximum}", params=name
        )
    return number


def read_id(fields: Mapping[str, Any], name: str) -> UUID | None:
    """An id, None where it is absent, empty or null. Raises InvalidParam: not a UUID."""
    value = fields.get(name)
    if value in (None, ""):
        return None
    id = parse_uuid(value)
    if id is None:
        raise InvalidParam(f"{shown(value)} is not a valid uuid.", params=name)
    return id


def read_choice(fields: Mapping[str, Any], name: str, choices: Collection[str], default: str) -> str:
    """One of some words; absent or empty it is `default`. Raises InvalidParam."""
    value = fields.get(name)
    if value in (None, ""):
        return default
    if not isinstance(value, str) or value not in choices:
        raise InvalidParam(f"{shown(value)} is not a valid choice", params=name)
    return value


def following(queryset: "QuerySet[M]", order: str, last: M | None) -> "QuerySet[M]":
    """The rows that come after `last` in an order, all of them without it.

    Args:
        order: a column, with "-" before it for the greatest first; rows of equal value go by id.
    """
    column = order.removeprefix("-")
    sign, beyond = ("-", "lt") if order.startswith("-") else ("", "gt")
    queryset = queryset.order_by(order, f"{sign}pk")
    if last is None:
        return queryset
    value = getattr(last, column)
    return queryset.filter(Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"pk__{beyond}": last.pk}))


def take(queryset: "QuerySet[M]", limit: int) -> tuple[list[M], bool]:
    """The first rows, and whether there are more."""
    rows = list(queryset[: limit + 1])
    return rows[:limit], len(rows) > limit


def cursor_json(rows: Collection[M], show: Callable[[M], object], *, limit: int, has_more: bool) -> dict[str, Any]:
    """A part of a list as the APIs write it."""
    return {"limit": limit, "has_more": has_more, "data": [show(row) for row in rows]}
