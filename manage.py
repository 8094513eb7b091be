#!/usr/bin/env python
"""Commands of the product; `manage.py up` runs all of it."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
