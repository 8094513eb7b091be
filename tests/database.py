"""The embedded Postgres of a test run: started once, before any test, unless DATABASE_URL names another."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from dify_project.supervisor import embedded

UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def start(stack: ExitStack) -> None:
    """Points Django's settings (already loaded) and the workers' environment at a new server; `stack` ends it."""
    from django.conf import settings

    from dify_project.settings import env

    if "host=/nowhere" not in os.environ["DATABASE_URL"]:
        return
    folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "run").mkdir()
    url = stack.enter_context(embedded.running(folder, settings=UNSAFE_AND_FAST))
    os.environ["DATABASE_URL"] = url
    settings.DATABASES["default"].update(
        {**env.database_options(url), "OPTIONS": settings.DATABASES["default"]["OPTIONS"]}
    )
