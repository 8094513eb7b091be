"""Creates the first owner and workspace: the `/install` page for scripts."""

import os
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.workspaces.errors import AlreadyInstalled
from apps.workspaces.services.accounts import create_first_owner


class Command(JsonCommand):
    help = "Create the first owner and workspace."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", help="default: the variable ADMIN_PASSWORD, which no process list shows")
        parser.add_argument("--name", default="", help="the owner's name")
        parser.add_argument("--workspace", default="Workspace", metavar="NAME")
        parser.add_argument("--if-empty", action="store_true", help="succeed without change if it was done before")

    def run(self, **options: Any) -> dict[str, Any]:
        password = options["password"] or os.environ.get("ADMIN_PASSWORD", "")
        if not password:
            raise InvalidParam("Give --password or set ADMIN_PASSWORD.", params="password")
        try:
            workspace = create_first_owner(
                email=options["email"],
                password=password,
                name=options["name"],
                workspace_name=options["workspace"],
            )
        except AlreadyInstalled:
            if not options["if_empty"]:
                raise
            return {"created": False}
        owner = workspace.memberships.select_related("user").get().user
        return {"created": True, "workspace_id": workspace.pk, "workspace": workspace.name, "email": owner.email}
