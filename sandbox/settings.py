"""What the program reads from its environment."""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import SetupError
from .inside.plan import FULL, LANDLOCK
from .limits import MAX_WALL_S, MB, RunLimits

PORT = 8194
KEY_CHARACTERS = 16
PUBLISHED_KEYS = frozenset({"dify-sandbox", "change-me-please"})
PACKAGES = "numpy,pandas,json_repair,sympy,matplotlib"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one start.

    Args:
        address, port: to listen on, unless `listen_fd` is a socket that listens already.
        key: what callers send as X-Api-Key.
        min_level: a lower one refuses every run.
        limits: of a run that asks for nothing else.
        packages: names of modules the operator allows.
        packages_folder: where they are installed.
    """

    address: str
    port: int
    listen_fd: int
    ready_fd: int
    key: str
    min_level: int
    limits: RunLimits
    packages: tuple[str, ...]
    packages_folder: Path


def read() -> Settings:
    """From the environment, which is emptied afterwards: no library needs it, and no secret stays in it.

    Raises:
        SetupError: a value makes no sense, or the key cannot be read or made.
    """
    storage = Path(_text("STORAGE_LOCAL_PATH") or "storage").expanduser().resolve()
    settings = Settings(
        address=_text("SANDBOX_BIND_ADDRESS") or "127.0.0.1",
        port=_integer("SANDBOX_PORT", PORT, 0, 65535),
        listen_fd=_integer("LISTEN_FD", -1, -1, 1 << 20),
        ready_fd=_integer("READY_FD", -1, -1, 1 << 20),
        key=_key(storage),
        min_level=_integer("SANDBOX_MIN_LEVEL", LANDLOCK, LANDLOCK, FULL),
        limits=RunLimits(
            wall_s=float(_integer("SANDBOX_TIMEOUT_S", 10, 1, int(MAX_WALL_S))),
            memory_bytes=_integer("SANDBOX_MEMORY_MB", 256, 96, 4096) * MB,
        ),
        packages=_names(_text("SANDBOX_PACKAGES", PACKAGES)),
        packages_folder=Path(_text("SANDBOX_PACKAGES_PATH") or storage / "sandbox" / "packages"),
    )
    path = os.environ.get("PATH", os.defpath)
    os.environ.clear()
    os.environ["PATH"] = path
    return settings


def _text(name: str, default: str = "") -> str:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SetupError(f"{name}_FILE names a file that cannot be read: {path}") from error


def _integer(name: str, default: int, minimum: int, maximum: int) -> int:
    text = _text(name) or str(default)
    if not text.removeprefix("-").isdecimal() or not minimum <= int(text) <= maximum:
        raise SetupError(f"{name} must be a whole number from {minimum} to {maximum}, not {text!r}.")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not name.isidentifier():
            raise SetupError(f"SANDBOX_PACKAGES lists modules, separated by commas; {name!r} is no module's name.")
    return names


def _key(storage: Path) -> str:
    """SANDBOX_API_KEY, else the key in the storage folder, which is made at the first start."""
    key = _text("SANDBOX_API_KEY").strip()
    if not key:
        key = _generated(storage / "keys" / "sandbox_key")
    if len(key) < KEY_CHARACTERS or key in PUBLISHED_KEYS or not key.isascii():
        raise SetupError(f"SANDBOX_API_KEY must be a secret of at least {KEY_CHARACTERS} plain characters.")
    return key


def _generated(path: Path) -> str:
    """The key's file appears whole or not at all, readable by its owner only."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
            with suppress(FileExistsError):  # another start was first: its key stands
                os.link(temporary, path)
            os.unlink(temporary)
        return path.read_text().strip()
    except OSError as error:
        raise SetupError(f"The key {path} cannot be made: {error.strerror}. Set SANDBOX_API_KEY.") from error
