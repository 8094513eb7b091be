"""What the supervisor reads from the environment; Django's settings read the same variables for themselves."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .output import Problem

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def text(name: str, default: str = "") -> str:
    """The variable, or the contents of the file named by `<name>_FILE`; empty is unset.

    Raises:
        Problem: the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name) or default
    try:
        return Path(path).read_text().strip() or default
    except OSError as error:
        raise Problem(f"{name}_FILE names a file that cannot be read: {path}") from error


def integer(name: str, default: int, *, minimum: int = 1, maximum: int = 65535) -> int:
    """A whole number within bounds. Raises Problem."""
    value = text(name) or str(default)
    if not value.isdecimal() or not minimum <= int(value) <= maximum:
        raise Problem(f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}.")
    return int(value)


def storage_path() -> Path:
    """The storage folder, absolute."""
    return Path(text("STORAGE_LOCAL_PATH") or BASE_DIR / "storage").expanduser().resolve()


def database_configured() -> bool:
    """Whether an outside Postgres is named; otherwise the embedded one is used."""
    return bool(text("DATABASE_URL") or text("DB_HOST"))


@dataclass(frozen=True, slots=True)
class Environment:
    """The supervisor's settings."""

    storage: Path
    address: str
    port: int
    web_processes: int
    worker_processes: int
    product: str
    admin_email: str

    @classmethod
    def read(cls) -> "Environment":
        """From the process environment. Raises Problem for a value that makes no sense."""
        return cls(
            storage=storage_path(),
            address=text("DIFY_BIND_ADDRESS") or "127.0.0.1",
            port=integer("DIFY_PORT", 5001),
            web_processes=integer("SERVER_WORKER_AMOUNT", 1, maximum=64),
            worker_processes=integer("CELERY_WORKER_AMOUNT", 1, maximum=64),
            product=text("PRODUCT_NAME") or "Parley",
            admin_email=text("ADMIN_EMAIL"),
        )

    @property
    def url(self) -> str:
        """Where a person on this machine opens the product."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.address, self.address)  # noqa: S104 - compared
        return f"http://{host}:{self.port}"


def for_children(storage: Path, database_url: str) -> dict[str, str]:
    """The environment of every part.

    Args:
        storage: absolute.
        database_url: of the embedded server; empty when the environment already names a database.
    """
    env: dict[str, str] = dict(_without(os.environ, "ADMIN_PASSWORD", "ADMIN_PASSWORD_FILE"))
    env["STORAGE_LOCAL_PATH"] = str(storage)
    env["PYTHONPATH"] = str(BASE_DIR)
    env.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")
    env.setdefault("MALLOC_ARENA_MAX", "2")  # glibc's arena per thread costs tens of megabytes of idle memory
    if database_url:
        env["DATABASE_URL"] = database_url
    return env


def _without(source: Mapping[str, str], *names: str) -> Mapping[str, str]:
    return {key: value for key, value in source.items() if key not in names}
