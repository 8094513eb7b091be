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
        with commands.ground(arguments):
            from django.core.management import execute_from_command_line

            execute_from_command_line(["manage.py", *arguments])
    except output.Problem as problem:
        output.line(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
