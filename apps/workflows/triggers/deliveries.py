"""What a webhook's request brings: declared headers, parameters and fields of the body, read and typed."""

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from apps.common.errors import BadRequest, InvalidParam, MethodNotAllowed, UnsupportedMediaType
from apps.common.text import storable, storable_json
from apps.workflows.engine.variables import is_file, type_of
from apps.workflows.nodes.trigger_webhook.config import RAW, TriggerWebhookConfig, WebhookParameter

MULTIPART: Final = "multipart/form-data"
BYTES: Final = "application/octet-stream"
FORMS: Final = frozenset({"application/x-www-form-urlencoded", MULTIPART})
JSON: Final = "application/json"
_BODILESS: Final = frozenset({"GET", "HEAD"})
# What lets somebody in elsewhere is not kept with a run; a declared header is.
_PRIVATE: Final = frozenset({"cookie", "authorization", "proxy-authorization"})
_TRUTHS: Final = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False}
_NOTHING: Final = {"string": "", "number": 0, "boolean": False, "object": {}}
_EXAMPLES: Final = {"string": "text", "number": 1, "boolean": True, "object": {}}
_MANY: Final = 20  # problems told of one request


FILE_TYPES: Final = ("file", "array[file]")


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a request, not stored yet."""

    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came.

    Args:
        method: in capitals.
        content_type: without its parameters, in lower case.
        headers: names in lower case.
        params: of the address; of several by one name the last.
        form: the fields, where the body is a form.
        files: those of a form by the names of their fields.
    """

    method: str
    content_type: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[SentFile]] = field(default_factory=dict)


def read_delivery(config: TriggerWebhookConfig, delivery: Delivery) -> dict[str, Any]:
    """The node's variables; files as `SentFile`, one or a list of them.

    Raises:
        MethodNotAllowed, UnsupportedMediaType: it is called in another way.
        BadRequest: the body is not what its header says.
        InvalidParam: something is missing or of another type; the sentence names all of it.
    """
    if delivery.method != config.method.upper():
        raise MethodNotAllowed(f"This webhook is called with {config.method.upper()}.")
    body = _body(config, delivery)
    headers = {name.replace("_", "-"): value for name, value in delivery.headers.items()}
    problems: list[str] = []
    values: dict[str, Any] = {}
    files: dict[str, Any] = {}
    for parameter, given, is_json in _given(config, headers, delivery, body):
        try:
            if parameter.type in FILE_TYPES:
                files[parameter.variable] = _files(parameter, config, delivery)
            else:
                values[parameter.variable] = _value(parameter, given, is_json)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidParam(" ".join(problems[:_MANY]))
    shown = {name: value for name, value in delivery.headers.items() if name not in _PRIVATE}
    raw = {"method": delivery.method, "headers": shown, "query_params": dict(delivery.params), "body": body}
    return {**{name: _strange(storable_json(value)) for name, value in {**values, RAW: raw}.items()}, **files}


def _files(parameter: WebhookParameter, config: TriggerWebhookConfig, delivery: Delivery) -> Any:
    """What came for a parameter that is a file, or several."""
    found = list(delivery.files.get(parameter.name, ()))
    if config.content_type == BYTES and delivery.body:
        found = [SentFile(parameter.name, delivery.content_type, delivery.body)]
    elif config.content_type not in (MULTIPART, BYTES):
        raise ValueError(f"{parameter.name[:80]} is a file: this webhook must take {MULTIPART} or {BYTES}.")
    if not found and parameter.required:
        raise ValueError(f"{parameter.name[:80]} is missing.")
    if parameter.type == "file" and len(found) > 1:
        raise ValueError(f"{parameter.name[:80]} must be one file.")
    return found if parameter.type != "file" else found[0] if found else None


def _strange(value: Any) -> Any:
    """The value without what makes an object one of our uploads: nobody has asked whose it is."""
    if isinstance(value, list):
        return [_strange(item) for item in value]
    if not isinstance(value, dict):
        return value
    ours = {"dify_model_identity", "related_id"} if is_file(value) or "dify_model_identity" in value else frozenset()
    return {name: _strange(item) for name, item in value.items() if name not in ours}


def example_of(config: TriggerWebhookConfig) -> str:
    """A body that the webhook takes, to begin a test with; "" where it takes none or another kind than JSON."""
    if config.method.upper() in _BODILESS or config.content_type != JSON:
        return ""
    fields = {one.name: _EXAMPLES.get(one.type, []) for one in _named(config.body)}
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2).decode()


def _given(
    config: TriggerWebhookConfig, headers: Mapping[str, str], delivery: Delivery, body: Any
) -> Iterator[tuple[WebhookParameter, Any, bool]]:
    """Each parameter with what the request has of it, None where nothing; whether that is JSON already."""
    for one in _named(config.headers):
        yield one, headers.get(one.name.lower().replace("_", "-")), False
    for one in _named(config.params):
        yield one, delivery.params.get(one.name), False
    for one in _named(config.body):
        if isinstance(body, Mapping):
            yield one, body.get(one.name), config.content_type == JSON
        else:
            yield one, body or None, False


def _named(rows: Sequence[WebhookParameter]) -> Iterator[WebhookParameter]:
    return (row for row in rows if row.name)


def _body(config: TriggerWebhookConfig, delivery: Delivery) -> Any:
    """An object of JSON or of a form's fields; else the text, in base64 where it is none."""
    if delivery.method in _BODILESS or (not delivery.body and not config.body):
        return {}
    if delivery.content_type != config.content_type:
        raise UnsupportedMediaType(f"This webhook takes {config.content_type}; say so in the header Content-Type.")
    if config.content_type == JSON:
        return _json(delivery.body)
    if config.content_type in FORMS:
        return dict(delivery.form)
    try:
        return delivery.body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(delivery.body).decode()


def _json(body: bytes) -> Any:
    try:
        value = storable_json(orjson.loads(body))
    except ValueError as error:
        raise BadRequest("The body is no valid JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def _value(parameter: WebhookParameter, given: Any, is_json: bool) -> Any:
    name, wanted = parameter.name[:80], parameter.type
    if given is None:
        if parameter.required:
            raise ValueError(f"{name} is missing.")
        return [] if wanted.startswith("array") else _NOTHING.get(wanted)
    value = given if is_json else _of_text(wanted, str(given))
    if not _fits(wanted, value):
        raise ValueError(f"{name} must be of the type {wanted[:40]}.")
    return value


def _of_text(wanted: str, text: str) -> Any:
    """A value that came as text, as the type that is wanted; something of another type where it is none."""
    if wanted == "number":
        return _number(text)
    if wanted == "boolean":
        return _TRUTHS.get(text.strip().lower(), text)
    if wanted == "object" or wanted.startswith("array"):
        try:
            return storable_json(orjson.loads(text))
        except ValueError:
            return None
    return storable(text)


def _number(text: str) -> int | float | None:
    try:
        number = int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
    return number if len(text) < 40 and math.isfinite(number) else None


def _fits(wanted: str, value: Any) -> bool:
    if wanted in ("", "any"):
        return True
    if wanted.startswith("array"):
        inner = wanted.removeprefix("array[").rstrip("]")
        return isinstance(value, list) and (inner in ("any", "array") or all(_fits(inner, item) for item in value))
    if wanted == "object":
        return isinstance(value, dict)
    return type_of(value) == wanted
