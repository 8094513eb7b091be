#!/usr/bin/env python
"""Commands of the product; `manage.py up` runs all of it."""

import os
import sys


def main(arguments: list[str]) -> int:
    """Runs one command; `up` without Django, the others with the database they need."""
    from dify_project.supervisor import commands, output, run

    if arguments[:1] == ["up"]:
        return run.main(arguments[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")
    try:
        with commands.ground(arguments) as own_server:
            from django.core.management import execute_from_command_line

            if own_server and arguments[0] not in {"migrate", "prepare"}:
                make_tables()
            execute_from_command_line(["manage.py", *arguments])
    except output.Problem as problem:
        output.line(str(problem))
        return 1
    return 0


def make_tables() -> None:
    """Brings a database that no `up` has prepared to this version's tables, without a word on stdout."""
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
