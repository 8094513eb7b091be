"""Conditions on documents' metadata: read from JSON, checked against the fields of a base, written as SQL."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.common.errors import InvalidParam
from apps.common.text import shown, storable

from .choices import MetadataType
from .contracts import Condition, MetadataFilter

PARAM: Final = "metadata_filtering_conditions"
MAX_CONDITIONS: Final = 50
MAX_VALUES: Final = 500

# What every document has without anybody saying so, as the service API names it (7.8).
BUILT_IN: Final[Mapping[str, str]] = {
    "document_name": MetadataType.STRING,
    "uploader": MetadataType.STRING,
    "upload_date": MetadataType.TIME,
    "last_update_date": MetadataType.TIME,
    "source": MetadataType.STRING,
}
_BUILT_IN_SQL: Final[Mapping[str, str]] = {
    "document_name": "d.name",
    "uploader": "coalesce(nullif(u.name, ''), u.email)",
    "upload_date": "floor(extract(epoch from d.created_at))",
    "last_update_date": "floor(extract(epoch from d.updated_at))",
    "source": (
        "case d.data_source_type when 'upload_file' then 'file_upload' when 'notion_import' then 'notion'"
        " when 'website_crawl' then 'website' else d.data_source_type end"
    ),
}
_TEXT_SQL: Final = "(d.doc_metadata ->> {name}::text)"
# Numbers may have been written as text; what is none counts as absent.
_NUMBER_SQL: Final = r"(case when {text} ~ '^-?[0-9]{{1,100}}(\.[0-9]{{1,100}})?$' then {text}::numeric end)"

_EQUAL: Final = {"is": "=", "=": "=", "is not": "<>", "≠": "<>"}
_AMONG: Final = {"in": "= any", "not in": "<> all"}
_ORDER: Final = {">": ">", "<": "<", "≥": ">=", "≤": "<="}
_WHEN: Final = {"before": "<", "after": ">"}
_TEXT: Final[Mapping[str, str]] = {
    "contains": "strpos({field}, {value}::text) > 0",
    "not contains": "strpos({field}, {value}::text) = 0",
    "start with": "starts_with({field}, {value}::text)",
    "end with": "right({field}, length({value}::text)) = {value}::text",
}
_PRESENCE: Final[Mapping[str, str]] = {
    "empty": "coalesce({field}::text, '') = ''",
    "not empty": "coalesce({field}::text, '') <> ''",
}


def _comparing(operators: Mapping[str, str], kind: str) -> dict[str, str]:
    return {name: f"{{field}} {symbol} {{value}}::{kind}" for name, symbol in operators.items()}


def _listing(kind: str) -> dict[str, str]:
    return {name: f"{{field}} {symbol} ({{value}}::{kind}[])" for name, symbol in _AMONG.items()}


# By the type of field: operator to its SQL. What a document does not have meets `empty` alone.
OPERATORS: Final[Mapping[str, Mapping[str, str]]] = {
    MetadataType.STRING: {**_TEXT, **_comparing(_EQUAL, "text"), **_listing("text"), **_PRESENCE},
    MetadataType.NUMBER: {**_comparing(_EQUAL | _ORDER, "numeric"), **_listing("numeric"), **_PRESENCE},
    MetadataType.TIME: {**_comparing(_EQUAL | _WHEN | _ORDER, "numeric"), **_PRESENCE},
}
_KNOWN: Final = frozenset(name for operators in OPERATORS.values() for name in operators)


class _Condition(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str = Field(min_length=1, max_length=255)
    comparison_operator: str
    value: Any = None


class _Conditions(BaseModel):
    model_config = ConfigDict(extra="ignore")
    logical_operator: Literal["and", "or"] | None = "and"
    conditions: list[_Condition] | None = Field(default=None, max_length=MAX_CONDITIONS)


def parse_filter(value: object) -> MetadataFilter | None:
    """A filter from a caller's `metadata_filtering_conditions`; None where it has no conditions.

    Raises:
        InvalidParam: wrong shape or unknown operator. Names and values are checked where fields are known.
    """
    if value is None:
        return None
    try:
        read = _Conditions.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join([PARAM, *map(str, problem["loc"])])
        raise InvalidParam(f"{field}: {problem['msg']}", params=PARAM) from error
    conditions = [Condition(one.name, one.comparison_operator, one.value) for one in read.conditions or ()]
    return MetadataFilter(conditions, read.logical_operator == "or") if conditions else None


def check(condition: Condition, fields: Mapping[str, str]) -> None:
    """Raises InvalidParam with a sentence: unknown field or operator, or a value the field cannot have.

    Args:
        fields: name to type, built-in ones included where they may be asked for.
    """
    kind = fields.get(condition.name)
    if kind is None:
        known = ", ".join(sorted(fields)) or "none"
        name = shown(condition.name)
        raise InvalidParam(f"There is no metadata field {name}. Fields: {shown(known)}.", params=PARAM)
    if condition.operator not in OPERATORS[kind]:
        wrong = "does not suit" if condition.operator in _KNOWN else "is no operator for"
        raise InvalidParam(
            f"{shown(condition.operator)} {wrong} the {kind} field {condition.name}."
            f" Operators: {', '.join(OPERATORS[kind])}.",
            params=PARAM,
        )
    _value(condition, kind)


def as_sql(filters: MetadataFilter, fields: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The condition on a document `d` with its uploader `u`, and its arguments.

    Conditions must have been checked; a field this base does not have is empty in all of its documents.
    """
    parts: list[str] = []
    arguments: dict[str, Any] = {}
    for number, condition in enumerate(filters.conditions):
        kind = fields.get(condition.name)
        if kind is None:
            parts.append("true" if condition.operator == "empty" else "false")
            continue
        field, value = f"name{number}", f"value{number}"
        sql = OPERATORS[kind][condition.operator]
        parts.append(sql.format(field=_field(condition.name, kind, field), value=f"%({value})s"))
        arguments |= {field: condition.name, value: _value(condition, kind)}
    return f" {'or' if filters.meets_any else 'and'} ".join(f"({part})" for part in parts), arguments


def _field(name: str, kind: str, argument: str) -> str:
    if name in BUILT_IN:
        return _BUILT_IN_SQL[name]
    text = _TEXT_SQL.format(name=f"%({argument})s")
    return text if kind == MetadataType.STRING else _NUMBER_SQL.format(text=text)


def _value(condition: Condition, kind: str) -> Any:
    """The value as Postgres compares it. Raises InvalidParam."""
    if condition.operator in _PRESENCE:
        return None
    read = _READ[kind]
    if condition.operator not in _AMONG:
        return _read(condition, condition.value, read)
    values = condition.value
    if isinstance(values, str):
        values = [part for part in map(str.strip, values.split(",")) if part]
    if not isinstance(values, list | tuple):
        values = [values]
    if len(values) > MAX_VALUES:
        raise InvalidParam(f"{condition.name}: at most {MAX_VALUES} values can be compared with.", params=PARAM)
    return [_read(condition, value, read) for value in values]


def _read(condition: Condition, value: object, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidParam(
            f"{shown(value)} is not a value that the field {condition.name} can be compared with"
            f" by {condition.operator}.",
            params=PARAM,
        ) from error


def _as_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return storable(str(value))


def _as_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _as_seconds(value: object) -> float:
    """Seconds since 1970, or a date as ISO 8601 writes it; UTC where it names no zone."""
    try:
        return _as_number(value)
    except ValueError:
        moment = datetime.fromisoformat(str(value).strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    MetadataType.STRING: _as_text,
    MetadataType.NUMBER: _as_number,
    MetadataType.TIME: _as_seconds,
}

__all__ = ["BUILT_IN", "OPERATORS", "PARAM", "as_sql", "check", "parse_filter"]
