"""E-mail messages."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile

from ._decode import decode
from ._html import text_of_html

_SHOWN: Final = ("Subject", "From", "To", "Cc", "Date")


@extractors.register
class Mail(Extractor):
    """Subject, people and date, then the text (the HTML part where there is no plain one); no attachments."""

    key: ClassVar[str] = "eml"
    label: ClassVar[str] = "E-mail"
    extensions: ClassVar[frozenset[str]] = frozenset({"eml"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        message = email.message_from_bytes(data, policy=email.policy.default)
        if not isinstance(message, EmailMessage) or not any(message.get(name) for name in (*_SHOWN, "Received")):
            raise UnreadableFile("This is no e-mail message: it has neither subject, sender nor date.")
        return Extracted("\n".join([*_headers(message), "", _body(message)]).strip())


def _headers(message: EmailMessage) -> Iterator[str]:
    for name in _SHOWN:
        value = " ".join(str(message.get(name, "")).split())
        if value:
            yield f"{name}: {value}"


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or not content:
        return ""
    if part.get_content_subtype() == "html":
        return text_of_html(content)
    try:
        return content.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return decode(content)
