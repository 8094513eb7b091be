"""Making and recognising the bearer keys of the service API."""

import hashlib
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_RANDOM_CHARACTERS = 24


def new_token(kind: str) -> str:
    """A key such as `app-` and 24 random characters (143 bits)."""
    return f"{kind}-{''.join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))}"


def digest(token: str) -> str:
    """What the database keeps of a key: SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hint(token: str) -> str:
    """Enough to recognise a key by: its kind and last four characters."""
    return f"{token[: token.index('-') + 1]}...{token[-4:]}"
