"""The tools a tool node may be given, as the canvas offers them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from apps.prompts.choices import AppMode
from apps.prompts.flows import start_form
from apps.prompts.models import App
from apps.tools.contracts import Tool, tools
from apps.workspaces.models import Workspace

MOST_FLOWS: Final = 200
_TYPES: Final[Mapping[str, str]] = {"number": "number", "checkbox": "boolean"}


def tools_of(workspace: Workspace, app: App) -> list[dict[str, Any]]:
    """Tools that come with the product, then the workspace's other published workflows, the newest first.

    `fields` are what each is given: `is_setting` for those that do not change from run to run.
    """
    return [*(_built_in(key, tool) for key, tool in tools.all().items()), *_flows(workspace, app)]


def _built_in(key: str, tool: type[Tool[Any]]) -> dict[str, Any]:
    provider, _, name = key.partition("/")
    schema = tool.Args.model_json_schema()
    required = schema.get("required", ())
    return {
        "provider_type": "builtin",
        "provider_id": provider,
        "provider_label": provider.replace("_", " ").capitalize(),
        "name": name,
        "label": tool.label,
        "description": tool.description,
        "fields": [_field(name, one, name in required) for name, one in schema.get("properties", {}).items()],
    }


def _field(name: str, schema: Mapping[str, Any], is_required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "description": schema.get("description", ""),
        "type": _type(schema),
        "options": schema.get("enum", []),
        "default": schema.get("default"),
        "is_required": is_required,
        "is_setting": schema.get("form") == "form",
    }


def _type(schema: Mapping[str, Any]) -> str:
    kinds = [one.get("type") for one in (schema, *schema.get("anyOf", ()))]
    if "boolean" in kinds:
        return "boolean"
    return "number" if {"integer", "number"} & set(kinds) else "string"


def _flows(workspace: Workspace, app: App) -> Iterator[dict[str, Any]]:
    others = App.objects.filter(workspace=workspace, mode=AppMode.WORKFLOW, published__isnull=False).exclude(pk=app.pk)
    for other in others.select_related("published").order_by("-created_at")[:MOST_FLOWS]:
        assert other.published is not None
        form = [field for row in start_form(other.published.config) for field in row.values()]
        yield {
            "provider_type": "workflow",
            "provider_id": str(other.pk),
            "provider_label": "",
            "name": other.name,
            "label": other.name,
            "description": other.description,
            "fields": [_form_field(field) for field in form],
        }


def _form_field(field: Mapping[str, Any]) -> dict[str, Any]:
    options = field.get("options")
    return {
        "name": str(field.get("variable")),
        "label": str(field.get("label") or field.get("variable")),
        "description": "",
        "type": _TYPES.get(str(field.get("type")), "string"),
        "options": options if field.get("type") == "select" and isinstance(options, list) else [],
        "default": field.get("default"),
        "is_required": field.get("required") is True,
        "is_setting": False,
    }
