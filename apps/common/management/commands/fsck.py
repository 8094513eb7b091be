"""Proves that tables, search indexes and files fit together."""

import sys
import time
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.encoding import dumps
from apps.common.fsck import Report, fsck_checks, run_checks


class Command(JsonCommand):
    help = "Looks for damage in all tables and in storage; exit code 1 if there is any left."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="repair what can be repaired without losing anything")

    def run(self, **options: Any) -> dict[str, Any]:
        started = time.monotonic()
        report = run_checks(repair=options["repair"])
        return {
            "ok": not report.left,
            "checks": len(fsck_checks.all()),
            "seconds": round(time.monotonic() - started, 1),
            "findings": _rows(report),
        }

    def handle(self, *args: Any, **options: Any) -> None:
        result = self.run(**options)
        self.show(result, as_json=options["json"])
        if not result["ok"]:
            sys.exit(1)

    def show(self, result: dict[str, Any], *, as_json: bool) -> None:
        """One JSON object, or a line for each finding."""
        if as_json:
            self.stdout.write(dumps(result))
            return
        for row in result["findings"]:
            done = f" Repaired: {row['repaired']}." if row["repaired"] else ""
            examples = f" Such as: {', '.join(row['examples'])}." if row["examples"] else ""
            self.stdout.write(f"{row['check']}/{row['problem']}: {row['count']}. {row['message']}{done}{examples}")
        self.stdout.write("Everything fits together." if result["ok"] else "Damage is left.")


def _rows(report: Report) -> list[dict[str, Any]]:
    rows = []
    for place, finding in report.found.items():
        left = report.left[place].count if place in report.left else 0
        rows.append(
            {
                "check": place[0],
                "problem": place[1],
                "message": finding.message,
                "count": finding.count,
                "repairable": finding.repairable,
                "repaired": max(finding.count - left, 0),
                "examples": list(finding.examples),
            }
        )
    return rows
