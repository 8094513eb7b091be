"""Typed readers of environment variables; a wrong value stops the start with a sentence that says what to do."""

import json
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE: Final = {"1", "true", "yes", "on"}
FALSE: Final = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable, or the contents of the file named by `<name>_FILE` (container secrets). Empty is unset."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip() or default
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {path}") from error
    return os.environ.get(name) or default


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number, at least `minimum`."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {number}.")
    return number


def seconds(name: str, default: float) -> float:
    """A positive number of seconds."""
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, not {value!r}.") from error
    if number <= 0:
        raise ImproperlyConfigured(f"{name} must be above zero, not {value}.")
    return number


def flag(name: str, *, default: bool) -> bool:
    """A switch: 1/true/yes/on or 0/false/no/off."""
    value = text(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def choice(name: str, options: Sequence[str]) -> str:
    """One of some words, in capitals or not; the first by default."""
    value = text(name, options[0]).strip()
    spelled = {option.casefold(): option for option in options}
    if value.casefold() not in spelled:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return spelled[value.casefold()]


_FOR_MAIL: Final = {"smtp": ("SMTP_SERVER",), "resend": ("RESEND_API_KEY",)}


def require_for_mail(kind: str) -> None:
    """Stops the start where mail is wanted (MAIL_TYPE) but a variable it cannot do without is missing."""
    names = ("MAIL_DEFAULT_SEND_FROM", "CONSOLE_WEB_URL", *_FOR_MAIL[kind]) if kind else ()
    missing = [name for name in names if not text(name)]
    if missing:
        raise ImproperlyConfigured(f"MAIL_TYPE is {kind}: set {', '.join(missing)} too, or leave MAIL_TYPE empty.")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def rates(name: str) -> Mapping[str, Decimal]:
    """A JSON object of positive numbers by name, such as `{"CNY": "0.14"}`; empty when unset.

    Raises:
        ImproperlyConfigured: it is something else.
    """
    try:
        found = {str(key): Decimal(str(value)) for key, value in json.loads(text(name) or "{}").items()}
        if all(value.is_finite() and value > 0 for value in found.values()):
            return found
    except (ValueError, AttributeError, InvalidOperation):
        pass
    raise ImproperlyConfigured(f'{name} must be a JSON object of positive numbers, such as {{"CNY": "0.14"}}.')


def database_options(url: str) -> Mapping[str, object]:
    """Django's DATABASES entry (without engine options) of a `postgresql://` URL.

    A socket folder may be given libpq's way, as `?host=/folder`.

    Raises:
        ImproperlyConfigured: another scheme, or no database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://")
    query = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL must name a database: postgresql://user:password@host:5432/name")
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": query,
    }
