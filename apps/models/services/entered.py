"""What was entered in a credential form: checked, and masked secrets put back."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.conf import settings

from apps.common import http
from apps.common.errors import InvalidParam
from apps.models.catalogue import CredentialField
from apps.models.configured import address_of

MAX_VALUE_LENGTH: Final = 8000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MASKED: Final = "****"


def take_values(
    fields: Sequence[CredentialField], values: Mapping[str, object], stored: Mapping[str, str], whose: str
) -> dict[str, str]:
    """The values of a form, without the empty ones.

    Args:
        values: by field name. A secret that comes back masked (`sk-****yz`) stays as it is, unless the base URL
            changes: then it must be entered again, so that nobody can have it sent elsewhere.
        stored: the values that are replaced.
        whose: the provider's name, for sentences.

    Raises:
        InvalidParam: a field is missing, unknown or malformed, or a secret must be entered again.
        AddressBlocked: the base URL is not allowed.
    """
    cleaned = _clean(fields, values, whose)
    same_address = address_of(cleaned) == address_of(stored)
    for field in fields:
        if field.secret and _MASKED in cleaned.get(field.name, ""):
            cleaned[field.name] = _kept(field, stored, same_address=same_address)
        if field.required and not cleaned.get(field.name):
            raise InvalidParam(f"{field.label} is required.", params=field.name)
    return cleaned


def has_new_secret(fields: Sequence[CredentialField], values: Mapping[str, object]) -> bool:
    """Whether a secret was entered, and not only sent back masked."""
    given = (str(values.get(field.name) or "") for field in fields if field.secret)
    return any(value and _MASKED not in value for value in given)


def _clean(fields: Sequence[CredentialField], values: Mapping[str, object], whose: str) -> dict[str, str]:
    known = {field.name: field for field in fields}
    cleaned = {}
    for name, value in values.items():
        if name not in known:
            raise InvalidParam(
                f"{whose} has no field {name!r}; its fields are {', '.join(sorted(known))}.", params=name
            )
        if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or _CONTROL.search(value.strip()):
            raise InvalidParam(f"{name} must be one line of text.", params=name)
        cleaned[name] = value.strip()
        if cleaned[name] and known[name].choices and cleaned[name] not in known[name].choices:
            raise InvalidParam(f"{known[name].label} must be one of {', '.join(known[name].choices)}.", params=name)
    if cleaned.get("base_url"):
        http.check_url(cleaned["base_url"], private_allowed=settings.MODEL_PRIVATE_ADDRESSES_ALLOWED)
    return {name: value for name, value in cleaned.items() if value}


def _kept(field: CredentialField, stored: Mapping[str, str], *, same_address: bool) -> str:
    if not same_address:
        raise InvalidParam(f"Enter the {field.label} again: the base URL has changed.", params=field.name)
    if not stored.get(field.name):
        raise InvalidParam(f"Enter the {field.label}: none is stored.", params=field.name)
    return stored[field.name]
