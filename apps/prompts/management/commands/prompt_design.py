"""Lets a model write an app's instructions, form and opener."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app
from apps.prompts.services.designs import design_app, take_over_design


class Command(JsonCommand):
    help = "Lets the workspace's default model write an app's instructions, form and opener (basic mode)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("instruction", help="what the app shall do")
        parser.add_argument("--save", action="store_true", help="make it the app's draft")

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        proposal = design_app(app=app, instruction=options["instruction"])
        draft = take_over_design(app=app, proposal=proposal).number if options["save"] else None
        return {
            "pre_prompt": proposal.pre_prompt,
            "variables": list(proposal.variables),
            "opening_statement": proposal.opening_statement,
            "draft": draft,
        }
