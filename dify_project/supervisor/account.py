"""Postgres refuses to run as root: then it gets a system user, and that user a way to its files."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .output import Problem

NAME = "pgserver"


@dataclass(frozen=True, slots=True)
class Account:
    """A system user."""

    uid: int
    gid: int


def database_account() -> Account | None:
    """The user Postgres runs as, made if missing; None: we are not root and it runs as ourselves.

    Raises:
        Problem: it is missing and cannot be made, or our own id has no name.
    """
    if os.geteuid() != 0:
        _require_a_name()
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def _require_a_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise Problem(
            f"Postgres needs a user with a name, and id {os.geteuid()} has none in /etc/passwd. "
            "Start as another user, or set DATABASE_URL."
        ) from None


def _create() -> None:
    command = shutil.which("useradd")
    advice = f"Make a system user named {NAME}, start as another user than root, or set DATABASE_URL."
    if command is None:
        raise Problem(f"Postgres does not run as root and there is no useradd. {advice}")
    result = subprocess.run(
        [command, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", NAME],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise Problem(f"Postgres does not run as root and useradd failed: {result.stderr.strip()} {advice}")


def closed_folders(path: Path, account: Account) -> list[Path]:
    """The folders above `path`, top first, which the account may not pass through."""
    return [folder for folder in reversed(path.parents) if not _may_pass(folder, account)]


def _may_pass(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def open_way(path: Path, account: Account, *, own: Path, warn: Callable[[str], None]) -> None:
    """Lets the account pass through the folders above `path`, without letting it list them.

    Args:
        path: what it must reach.
        account: who.
        own: the storage folder; opening that and what lies below is not worth a warning.
        warn: told of each private folder before it is opened.
    """
    for folder in closed_folders(path, account):
        mode = stat.S_IMODE(folder.stat().st_mode)
        opened = mode | stat.S_IXOTH
        if folder != own and own not in folder.parents:
            warn(
                f"Started as root, Postgres runs as user {NAME}: the private folder {folder} changes from mode "
                f"{mode:o} to {opened:o}, so that others can pass through it (not list it)."
            )
        folder.chmod(opened)


def open_program(folder: Path, account: Account) -> None:
    """Lets the account read and run the installed server (a strict umask at installation hides it)."""
    if _may_pass(folder, account) and os.stat(folder / "bin" / "postgres").st_mode & stat.S_IXOTH:
        return
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
