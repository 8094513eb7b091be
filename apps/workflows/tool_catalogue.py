"""The tools a node may use, as the canvas offers them: those that come with the product, and published workflows."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.text import slugify

from apps.prompts.choices import AppMode
from apps.prompts.flows import start_form
from apps.prompts.models import App
from apps.prompts.selectors import list_apps
from apps.tools.contracts import Tool
from apps.tools.contracts import tools as installed

BUILTIN: Final = "builtin"
WORKFLOW: Final = "workflow"
MAX_WORKFLOWS: Final = 200  # more are not offered; files may name any
_TYPES: Final = {"number": "number", "checkbox": "boolean", "file": "file", "file-list": "array[file]"}
# Keys of a JSON Schema that a form needs.
_RULES: Final = ("type", "default", "minimum", "maximum")


def tools_for(app: App) -> list[dict[str, Any]]:
    """All tools, as JSON: who offers each, what it is called and for, its parameters.

    A parameter has `is_setting` where it does not change from run to run: files keep it in `tool_configurations`.
    """
    found = [_builtin(key, tool) for key, tool in installed.all().items()]
    return [*found, *(_workflow(other) for other in _published_workflows(app))]


def _published_workflows(app: App) -> Iterator[App]:
    """Of the app's workspace, without itself."""
    apps = list_apps(workspace=app.workspace, mode=AppMode.WORKFLOW).filter(published__isnull=False)
    return apps.exclude(pk=app.pk).select_related("published").order_by("name", "pk")[:MAX_WORKFLOWS].iterator()


def _builtin(key: str, tool: type[Tool[Any]]) -> dict[str, Any]:
    provider, _, name = key.partition("/")
    schema = tool.Args.model_json_schema()
    required = set(schema.get("required", ()))
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return {
        "provider_type": BUILTIN,
        "provider_id": provider,
        "provider_name": provider,
        "tool_name": name,
        "label": tool.label,
        "description": tool.description,
        "parameters": [_argument(one, about, one in required) for one, about in properties.items()],
    }


def _argument(name: str, about: Mapping[str, Any], is_required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "label": "",
        "description": about.get("description", ""),
        "required": is_required,
        "is_setting": about.get("form") == "form",
        "options": about.get("enum", []),
        **{rule: about[rule] for rule in _RULES if rule in about},
    }


def _workflow(app: App) -> dict[str, Any]:
    assert app.published is not None
    fields = [field for entry in start_form(app.published.config) for field in entry.values()]
    return {
        "provider_type": WORKFLOW,
        "provider_id": str(app.pk),
        "provider_name": app.name,
        "tool_name": slugify(app.name) or WORKFLOW,
        "label": app.name,
        "description": app.description,
        "parameters": [_field(field) for field in fields],
    }


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    options = field.get("options") if field.get("type") == "select" else []
    return {
        "name": str(field["variable"]),
        "label": str(field.get("label") or ""),
        "description": "",
        "required": bool(field.get("required")),
        "is_setting": False,
        "options": [str(option) for option in options] if isinstance(options, list) else [],
        "type": _TYPES.get(str(field.get("type")), "string"),
    }
