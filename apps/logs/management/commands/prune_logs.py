"""Removes old logs."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.logs.services.prune import prune_logs
from apps.workspaces.commands import WorkspaceCommand
from apps.workspaces.models import Workspace

LONGEST_D = 36_500


class Command(WorkspaceCommand):
    help = "Removes conversations and messages nobody has touched for some days, with their files."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, metavar="N", help="what is older goes")
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        if not 1 <= options["days"] <= LONGEST_D:
            raise InvalidParam(f"--days must be 1 to {LONGEST_D}.", params="days")
        before = timezone.now() - timedelta(days=options["days"])
        named = options["workspace"]
        workspaces = [self.workspace(options)] if named else Workspace.objects.order_by("created_at")
        pruned = prune_logs(before=before, workspaces=workspaces, dry_run=options["dry_run"])
        return {"before": before.isoformat(), "dry_run": options["dry_run"], **asdict(pruned)}
