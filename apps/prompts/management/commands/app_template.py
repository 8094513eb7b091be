"""Lists, saves, uses and deletes templates of apps."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import InvalidParam
from apps.prompts.models import AppTemplate
from apps.prompts.selectors import find_app, list_templates
from apps.prompts.services.templates import create_from_template, delete_template, save_as_template
from apps.prompts.shipped import ShippedTemplate
from apps.workspaces.commands import WorkspaceCommand

ACTIONS = ("list", "save", "create", "delete")


class Command(WorkspaceCommand):
    help = "Templates of apps: `list`, `save` an app as one, `create` an app of one, `delete` one of the team's."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", metavar="action", choices=ACTIONS, help="list, save, create or delete")
        parser.add_argument("id", nargs="?", default="", help="of the app to save, else of the template")
        parser.add_argument("--name", default="", help="of the template to save or the app to create")
        parser.add_argument("--category", default="", help="of the template to save")
        parser.add_argument("--publish", action="store_true", help="publish the app created at once")

    def run(self, **options: Any) -> dict[str, Any]:
        action = options["action"]
        if action != "list" and not options["id"]:
            raise InvalidParam(f"{action} needs the id of {'an app' if action == 'save' else 'a template'}.")
        result: dict[str, Any] = getattr(self, f"_{action}")(options)
        return result

    def _list(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"templates": [_shown(template) for template in list_templates(workspace=self.workspace(options))]}

    def _save(self, options: dict[str, Any]) -> dict[str, Any]:
        app = find_app(options["id"])
        return _shown(save_as_template(app=app, name=options["name"], category=options["category"]))

    def _create(self, options: dict[str, Any]) -> dict[str, Any]:
        result = create_from_template(
            workspace=self.workspace(options),
            template_id=options["id"],
            name=options["name"],
            publish_now=options["publish"],
        )
        return {"app_id": result.app_id, "mode": result.mode, "status": result.status, "warnings": result.warnings}

    def _delete(self, options: dict[str, Any]) -> dict[str, Any]:
        delete_template(workspace=self.workspace(options), template_id=options["id"])
        return {"deleted": options["id"]}


def _shown(template: AppTemplate | ShippedTemplate) -> dict[str, Any]:
    return {
        "id": template.key,
        "name": template.name,
        "category": template.category,
        "mode": template.mode,
        "description": template.description,
        "shipped": isinstance(template, ShippedTemplate),
    }
