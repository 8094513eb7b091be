"""Sets a user's password, for people who lost theirs."""

import os
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.workspaces.services.accounts import reset_password


class Command(JsonCommand):
    help = "Set a user's password; all of that user's sessions end."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", help="default: the variable NEW_PASSWORD, which no process list shows")

    def run(self, **options: Any) -> dict[str, Any]:
        password = options["password"] or os.environ.get("NEW_PASSWORD", "")
        if not password:
            raise InvalidParam("Give --password or set NEW_PASSWORD.", params="password")
        return {"email": reset_password(email=options["email"], password=password).email}
