"""The state of an OAuth consent: signed, for one person in one workspace, good for ten minutes and for once."""

from dataclasses import asdict, dataclass
from secrets import token_urlsafe
from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils.crypto import constant_time_compare

from .errors import ConsentNotOurs

MAX_AGE_S: Final = 600
_SALT: Final = "data-source-consent"
_SESSION_KEY: Final = "data_source_consent"


@dataclass(frozen=True, slots=True)
class Consent:
    """Who consents to what."""

    user: str
    workspace: str
    source: str


def begin_consent(session: SessionBase, consent: Consent) -> str:
    """The state that goes to the source and comes back."""
    nonce = token_urlsafe(16)
    session[_SESSION_KEY] = nonce
    return signing.dumps({**asdict(consent), "nonce": nonce}, salt=_SALT)


def end_consent(session: SessionBase, state: str, consent: Consent) -> None:
    """Takes a state back, once. Raises ConsentNotOurs: another's, too old, used, or made up."""
    nonce = session.pop(_SESSION_KEY, None)
    try:
        told = signing.loads(state, salt=_SALT, max_age=MAX_AGE_S)
    except signing.BadSignature as error:
        raise ConsentNotOurs from error
    if not nonce or not constant_time_compare(str(told.pop("nonce", "")), nonce) or told != asdict(consent):
        raise ConsentNotOurs
