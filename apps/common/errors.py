"""The errors a person or a program may see: a stable code, an HTTP status, a sentence that says what to do.

Free of Django, so that engines, drivers and nodes can raise them. Each edge translates them once
(`common.api`, `common.middleware`, the event encoders).
"""

from typing import ClassVar


class AppError(Exception):
    """Base of all errors whose message may leave the server.

    Args:
        message: replaces the class's sentence.
        params: the offending field, shown as `params` by the service API.
    """

    code: ClassVar[str] = "invalid_param"
    http_status: ClassVar[int] = 400
    retryable: ClassVar[bool] = False
    default_message: ClassVar[str] = "The request is not valid."

    def __init__(self, message: str | None = None, *, params: str | None = None) -> None:
        self.message = message or self.default_message
        self.params = params
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """The service API's error body: `code`, `message`, `status` and, for one bad field, `params`."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self.params is not None:
            body["params"] = self.params
        body["status"] = self.http_status
        return body


class InvalidParam(AppError):
    """A field is missing, of the wrong type or out of range."""


class BadRequest(AppError):
    """The request as a whole cannot be understood."""

    code = "bad_request"
    default_message = "The request could not be understood."


class Unauthorized(AppError):
    """No usable credentials."""

    code = "unauthorized"
    http_status = 401
    default_message = "Access token is invalid"


class Forbidden(AppError):
    """Known caller, not allowed."""

    code = "forbidden"
    http_status = 403
    default_message = "You are not allowed to do this."


class NotFound(AppError):
    """Does not exist, or belongs to somebody else: the two look the same."""

    code = "not_found"
    http_status = 404
    default_message = "Not found."


class MethodNotAllowed(AppError):
    """The path exists, the verb does not."""

    code = "method_not_allowed"
    http_status = 405
    default_message = "The method is not allowed for the requested URL."


class Conflict(AppError):
    """The state does not permit this now."""

    code = "conflict"
    http_status = 409
    default_message = "This conflicts with the present state."


class PayloadTooLarge(AppError):
    """The body or file is over its limit."""

    code = "file_too_large"
    http_status = 413
    default_message = "File size exceeded."


class UnsupportedMediaType(AppError):
    """A content type this address does not read."""

    code = "unsupported_media_type"
    http_status = 415
    default_message = "Send JSON with the header Content-Type: application/json."


class TooManyRequests(AppError):
    """Throttled."""

    code = "too_many_requests"
    http_status = 429
    retryable = True
    default_message = "Too many requests. Please try again later."


class InternalError(AppError):
    """What is shown instead of an unexpected exception."""

    code = "internal_server_error"
    http_status = 500
    default_message = "Internal Server Error, please contact support."


class Unavailable(AppError):
    """A part of the product itself is down (the database, the sandbox)."""

    code = "service_unavailable"
    http_status = 503
    retryable = True
    default_message = "A part of the service is restarting. Please try again in a few seconds."
