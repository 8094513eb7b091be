"""Puts another SECRET_KEY in the place of the present one without losing what that closed."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.workspaces.services.private_keys import rewrap_private_keys


class Command(JsonCommand):
    help = "After SECRET_KEY has changed: wrap the workspaces' keys under the new one, so that the former can go."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--generate", action="store_true", help="first step where SECRET_KEY is a file in the storage folder"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        folder = settings.STORAGE_LOCAL_PATH / "keys"
        return _generate(folder) if options["generate"] else _rotate(folder)


def _generate(folder: Path) -> dict[str, Any]:
    present, former = folder / "secret_key", folder / "secret_key.former"
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE") or not present.is_file():
        raise InvalidParam(
            "SECRET_KEY is set by the environment: set the new one there, and the present one as SECRET_KEY_FALLBACKS."
        )
    known = former.read_text().split() if former.is_file() else []
    _write(former, "\n".join([present.read_text().strip(), *known]))  # first: no moment without the key that is used
    _write(present, secrets.token_urlsafe(48))
    return {"generated": True, "note": "Restart the product, then run rotate_secret_key without --generate."}


def _rotate(folder: Path) -> dict[str, Any]:
    rewrapped, unreadable = rewrap_private_keys()
    note = "Nothing needs a former SECRET_KEY any more: take SECRET_KEY_FALLBACKS away. Signed links of it end with it."
    if unreadable:
        note = f"No known key opens the keys of {unreadable} workspaces: add the one they were wrapped under."
    else:
        (folder / "secret_key.former").unlink(missing_ok=True)
    return {"rewrapped": rewrapped, "unreadable": unreadable, "note": note}


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only."""
    temporary = path.with_suffix(".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
