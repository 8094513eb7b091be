"""Sessions in the database, found by nothing but keys that could be ours."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's own; a cookie with other characters (NUL stops Postgres) counts as none."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(super()._validate_session_key(key)) and str(key).isascii() and str(key).isalnum()  # type: ignore[misc]  # not in the stubs
