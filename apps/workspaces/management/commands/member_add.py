"""Adds a person to a workspace, with an account of their own if they have none yet."""

import os
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from apps.common.errors import InvalidParam
from apps.workspaces.choices import Role
from apps.workspaces.commands import WorkspaceCommand
from apps.workspaces.models import User
from apps.workspaces.services.accounts import create_user
from apps.workspaces.services.members import add_member


class Command(WorkspaceCommand):
    help = "Add a person to a workspace."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", default=Role.NORMAL, help=f"{', '.join(Role.values[1:])} (default: normal)")
        parser.add_argument("--name", default="")
        parser.add_argument("--password", help="for a new account; default: the variable NEW_PASSWORD")

    def run(self, **options: Any) -> dict[str, Any]:
        workspace = self.workspace(options)
        with transaction.atomic():
            user = User.objects.filter(email=options["email"].strip().lower()).first() or self._create(options)
            membership = add_member(workspace=workspace, user=user, role=options["role"])
        return {"email": user.email, "role": membership.role, "workspace": workspace.name}

    def _create(self, options: dict[str, Any]) -> User:
        password = options["password"] or os.environ.get("NEW_PASSWORD", "")
        if not password:
            raise InvalidParam("Give --password or set NEW_PASSWORD for the new account.", params="password")
        return create_user(email=options["email"], password=password, name=options["name"])
