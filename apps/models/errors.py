"""What can go wrong with a model call, by who must act. All reach API callers as `completion_request_error`."""

from typing import ClassVar

from apps.common.errors import AppError


class ProviderError(AppError):
    """Base: the provider's own words, trimmed to 1,000 characters, keys masked."""

    code = "completion_request_error"
    http_status = 400
    kind: ClassVar[str] = "error"
    default_message = "Completion request failed."


class ProviderConnectionError(ProviderError):
    """No connection, or it broke or stalled in the middle."""

    kind = "connection"
    retryable = True


class ProviderUnavailable(ProviderError):
    """The provider answered 5xx."""

    kind = "unavailable"
    retryable = True


class ProviderRateLimited(ProviderError):
    """The provider answered 429; `retry_after_s` is its wish, if it named one."""

    kind = "rate_limited"
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderQuotaExceeded(ProviderError):
    """The account has no credit left: waiting does not help."""

    kind = "quota"


class EmbeddingQuotaExceeded(ProviderQuotaExceeded):
    """The same of an embedding model, by the code that the knowledge API has for it (KAP-14)."""

    code = "provider_quota_exceeded"


class ProviderUnauthorised(ProviderError):
    """The provider refused the key (401, 403)."""

    kind = "unauthorised"


class ProviderForbidden(ProviderUnauthorised):
    """The provider knows the key and does not let it do this (403): mostly one model."""

    kind = "forbidden"


class ProviderBadRequest(ProviderError):
    """The provider refused the request (other 4xx): wrong parameter, prompt too long, unknown model."""

    kind = "bad_request"


class ProviderContentFiltered(ProviderError):
    """The provider's filter withheld the whole answer."""

    kind = "content_filtered"


class ProviderBadAnswer(ProviderError):
    """The provider's answer is not what its protocol promises (broken JSON, empty answer, wrong vector size)."""

    kind = "bad_answer"
    retryable = True


class PromptTooLong(ProviderError):
    """The prompt does not fit the model's window."""

    kind = "prompt_too_long"
    default_message = (
        "The prompt is longer than the model's context window. Shorten the prefix prompt, "
        "lower max tokens, or choose a model with a larger window."
    )


class ProviderNotInitialized(AppError):
    """No usable credentials or model for what was asked."""

    code = "provider_not_initialize"
    default_message = (
        "No valid model provider credentials found. Please go to Settings -> Model Provider to complete "
        "your provider credentials."
    )


class ModelNotFound(AppError):
    """The workspace has the provider, but not this model."""

    code = "model_currently_not_support"
    default_message = "The model is not available in this workspace. Add it under Settings -> Model Provider."
