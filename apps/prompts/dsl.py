"""The app file: YAML text to and from plain maps, with the limits and sentences of the format (contracts: DSL 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from apps.common.text import storable_json

from . import safe_yaml
from .choices import AppMode
from .errors import BrokenAppFile

WRITES_VERSION = "0.1.5"
READS_VERSION = (0, 7, 0)
MAX_BYTES = 10 * 2**20

# A key of the file itself; versions of flows keep it beside the graph, so that it comes out again.
DEPENDENCIES = "dependencies"
BASIC_MODES = frozenset({AppMode.CHAT, AppMode.COMPLETION, AppMode.AGENT_CHAT})


@dataclass(frozen=True, slots=True)
class AppFile:
    """An app file's content.

    Args:
        config: the `model_config` or `workflow` map, kept verbatim.
        needs_confirmation: written by a newer product than this one reads.
    """

    name: str
    mode: str
    config: Mapping[str, Any]
    fields: Mapping[str, str | bool]
    version: str
    needs_confirmation: bool = False


def parse(content: str | bytes) -> AppFile:
    """Reads an app file.

    Raises:
        BrokenAppFile: not YAML, too large, or a required part is missing.
    """
    data = _load(content)
    app = data.get("app")
    if not isinstance(app, dict):
        raise BrokenAppFile("Missing app data in YAML content")
    mode = app.get("mode")
    if not mode:
        raise BrokenAppFile("loss app mode")
    if mode not in AppMode.values:
        raise BrokenAppFile("Invalid app mode")
    version = data.get("version", "0.1.0")
    if not isinstance(version, str):
        raise BrokenAppFile(f"Invalid version type, expected str, got {type(version).__name__}")
    return AppFile(
        name=str(app.get("name") or "Imported app"),
        mode=mode,
        config=_config(data, mode),
        fields=_fields(app),
        version=version,
        needs_confirmation=_is_newer(version),
    )


def render(*, app: Mapping[str, Any], mode: str, config: Mapping[str, Any]) -> str:
    """Writes an app file: YAML with sorted keys, so that the same app gives the same bytes."""
    key = "model_config" if mode in BASIC_MODES else "workflow"
    content = dict(config)
    document = {"app": dict(app), "kind": "app", "version": WRITES_VERSION, key: content}
    if mode not in BASIC_MODES and DEPENDENCIES in content:
        document[DEPENDENCIES] = content.pop(DEPENDENCIES)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=True, width=120)


def _load(content: str | bytes) -> dict[str, Any]:
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise BrokenAppFile("File size exceeds the limit of 10MB")
    try:
        data = safe_yaml.load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenAppFile(f"Invalid YAML format: {_reason(error)}") from error
    if not isinstance(data, dict):
        raise BrokenAppFile("Invalid YAML format: content must be a mapping")
    return storable_json(data)  # type: ignore[return-value]  # a dict stays a dict


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} (line {mark.line + 1})" if mark is not None else str(problem)


def _config(data: Mapping[str, Any], mode: str) -> Mapping[str, Any]:
    if mode in BASIC_MODES:
        key, missing = "model_config", "Missing model_config for chat/agent-chat/completion app"
    else:
        key, missing = "workflow", "Missing workflow data for workflow/advanced chat app"
    config = data.get(key)
    if not isinstance(config, dict) or not config:
        raise BrokenAppFile(missing)
    if mode not in BASIC_MODES and isinstance(data.get(DEPENDENCIES), list):
        return {**config, DEPENDENCIES: data[DEPENDENCIES]}
    return config


def _fields(app: Mapping[str, Any]) -> dict[str, str | bool]:
    names = ("description", "icon_type", "icon", "icon_background")
    texts = {name: str(app[name]) for name in names if app.get(name)}
    return {**texts, "use_icon_as_answer_icon": app.get("use_icon_as_answer_icon") is True}


def _is_newer(version: str) -> bool:
    try:
        parts = tuple(int(part) for part in version.split("."))
    except ValueError:
        raise BrokenAppFile(f"Invalid version: {version[:40]}") from None
    return parts > READS_VERSION
