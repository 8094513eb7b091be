"""What goes wrong is named rightly, in the provider's words, and shows no key."""

import json
import socket
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import ClassVar, Final

from apps.models.contracts import ChatRequest, ModelType
from apps.models.errors import (
    PromptTooLong,
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.faulty import Fault
from apps.models.wire_checks import Context, NotApplicable, WireCase, expect, user, wire_cases

NO_MODEL: Final = "no-such-model-0"
PATIENCE_S: Final = 0.05  # with a server that is silent on purpose
PAUSE_S: Final = 7.0
JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}
STREAM: Final[Mapping[str, str]] = {"Content-Type": "text/event-stream"}
HTML: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
TOO_LONG: Final = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."


class FaultCase(WireCase):
    """A call meets a fault.

    Args:
        named: the errors that name it.
    """

    model_type: ClassVar[ModelType | None] = None
    needs_fake: ClassVar[bool] = True
    named: ClassVar[tuple[type[ProviderError], ...]]
    expects: ClassVar[str] = "The fault is told as what it is, without the key."

    def fault(self, context: Context) -> Fault:
        """What happens to the answer."""
        raise NotImplementedError

    def check(self, error: ProviderError) -> None:
        """More about the error. Raises CaseFailed."""

    async def run(self, context: Context) -> None:
        async with context.spoilt(self.fault(context)):
            try:
                if self.is_slow:
                    async with context.patient_for(PATIENCE_S):
                        await context.probe()
                else:
                    await context.probe()
            except ProviderError as error:
                self._judge(context, error)
                return
        expect(False, "unnoticed_fault", "The call succeeded although its answer was spoilt.")

    def _judge(self, context: Context, error: ProviderError) -> None:
        expect(
            isinstance(error, self.named),
            "misnamed_error",
            f"It was told as {error.kind} instead of {' or '.join(kind.kind for kind in self.named)}: {error.message}",
        )
        shown = [secret for secret in context.endpoint().secrets if secret in error.message]
        expect(not shown, "key_shown", "The sentence shows the key.")
        begins = f"[{context.provider.key}] Error: "
        expect(error.message.startswith(begins), "unnamed_provider", "The sentence does not name the provider.")
        self.check(error)


def refused(context: Context, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Fault:
    """An error in the vendor's form."""
    assert context.fake is not None
    body = json.dumps(context.fake.refusal(status, sentence)).encode()
    return Fault(status, body, {**JSON, **(headers or {})})


class StatusCase(FaultCase):
    """An error in the vendor's form."""

    status: ClassVar[int]
    sentence: ClassVar[str] = "The provider refuses."

    def fault(self, context: Context) -> Fault:
        return refused(context, self.status, self.sentence)


@wire_cases.register
class Unauthorised(StatusCase):
    """401."""

    key: ClassVar[str] = "errors.401"
    label: ClassVar[str] = "401 is a refused key"
    status: ClassVar[int] = 401
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnauthorised,)


@wire_cases.register
class Forbidden(StatusCase):
    """403."""

    key: ClassVar[str] = "errors.403"
    label: ClassVar[str] = "403 is a refused key"
    status: ClassVar[int] = 403
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnauthorised,)


@wire_cases.register
class UnknownModel(StatusCase):
    """404."""

    key: ClassVar[str] = "errors.404"
    label: ClassVar[str] = "An unknown model is a wrong request"
    status: ClassVar[int] = 404
    sentence: ClassVar[str] = "The model does not exist."
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadRequest,)


@wire_cases.register
class NoSuchModel(WireCase):
    """A name that the provider itself does not know."""

    key: ClassVar[str] = "errors.no_such_model"
    label: ClassVar[str] = "The provider refuses a model that it does not have"
    expects: ClassVar[str] = "An unknown model is answered with an error, most often 404."

    async def run(self, context: Context) -> None:
        if context.fake is not None or not context.provider.needs_credentials:
            raise NotApplicable("Only the provider knows its models; errors.404 asks how such an error is told.")
        spec = replace(context.spec("llm"), name=NO_MODEL)
        request = ChatRequest([user("Say hello.")], {"max_tokens": 16})
        try:
            async with aclosing(context.driver.stream_chat(context.endpoint("llm"), spec, request)) as stream:
                await anext(stream)
        except (ProviderBadRequest, ProviderUnauthorised):
            return
        expect(False, "unnoticed_fault", "A model that does not exist answered.")


@wire_cases.register
class NoCredit(StatusCase):
    """402."""

    key: ClassVar[str] = "errors.402"
    label: ClassVar[str] = "An account without credit is told as such"
    status: ClassVar[int] = 402
    sentence: ClassVar[str] = "Insufficient balance."
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderQuotaExceeded,)


@wire_cases.register
class RateLimited(FaultCase):
    """429 with Retry-After."""

    key: ClassVar[str] = "errors.429"
    label: ClassVar[str] = "429 is a limit, and its Retry-After is kept"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderRateLimited,)

    def fault(self, context: Context) -> Fault:
        return refused(context, 429, "Slow down.", {"Retry-After": f"{PAUSE_S:g}"})

    def check(self, error: ProviderError) -> None:
        pause_s = getattr(error, "retry_after_s", None)
        expect(pause_s == PAUSE_S, "retry_after_lost", f"The pause of {PAUSE_S:g} s became {pause_s}.")


@wire_cases.register
class ServerError(StatusCase):
    """500."""

    key: ClassVar[str] = "errors.500"
    label: ClassVar[str] = "500 is the provider's fault"
    status: ClassVar[int] = 500
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnavailable,)


@wire_cases.register
class Overloaded(StatusCase):
    """503."""

    key: ClassVar[str] = "errors.503"
    label: ClassVar[str] = "503 is the provider's fault"
    status: ClassVar[int] = 503
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnavailable,)


@wire_cases.register
class PromptTooLongNamed(StatusCase):
    """A prompt over the window."""

    key: ClassVar[str] = "errors.too_long"
    label: ClassVar[str] = "A prompt over the model's window is told as such"
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = TOO_LONG
    named: ClassVar[tuple[type[ProviderError], ...]] = (PromptTooLong,)


@wire_cases.register
class KeyEchoed(FaultCase):
    """A refusal that repeats the key."""

    key: ClassVar[str] = "errors.key_echoed"
    label: ClassVar[str] = "A key that the provider repeats is masked"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnauthorised,)

    def fault(self, context: Context) -> Fault:
        secrets = list(context.endpoint().secrets)
        return refused(context, 401, f"Incorrect API key provided: {' '.join(secrets)}.")


@wire_cases.register
class GatewayPage(FaultCase):
    """The page of a proxy in front."""

    key: ClassVar[str] = "errors.html_502"
    label: ClassVar[str] = "A gateway's page is the provider's fault"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderUnavailable,)

    def fault(self, context: Context) -> Fault:
        return Fault(502, HTML, {"Content-Type": "text/html"})


@wire_cases.register
class PageInSuccess(FaultCase):
    """A page instead of an answer."""

    key: ClassVar[str] = "errors.html_200"
    label: ClassVar[str] = "A web page instead of an answer is noticed"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadAnswer, ProviderConnectionError)

    def fault(self, context: Context) -> Fault:
        return Fault(200, HTML, {"Content-Type": "text/html"})


@wire_cases.register
class Redirected(FaultCase):
    """A redirect is not followed: the key would go elsewhere."""

    key: ClassVar[str] = "errors.redirect"
    label: ClassVar[str] = "A redirect is refused"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadRequest,)

    def fault(self, context: Context) -> Fault:
        return Fault(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"})


@wire_cases.register
class ErrorInSuccess(FaultCase):
    """An error object in a 200."""

    key: ClassVar[str] = "errors.error_in_200"
    label: ClassVar[str] = "An error in a successful answer is noticed"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderError,)

    def fault(self, context: Context) -> Fault:
        return Fault(200, b'{"error": {"message": "The model crashed.", "code": 500}}', JSON)


@wire_cases.register
class Garbage(FaultCase):
    """No JSON."""

    key: ClassVar[str] = "errors.garbage"
    label: ClassVar[str] = "An answer that is no JSON is noticed"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadAnswer,)

    def fault(self, context: Context) -> Fault:
        return Fault(200, b'{"answer": [{{', JSON)


@wire_cases.register
class Empty(FaultCase):
    """Nothing at all."""

    key: ClassVar[str] = "errors.empty"
    label: ClassVar[str] = "An empty answer is noticed"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadAnswer, ProviderConnectionError)

    def fault(self, context: Context) -> Fault:
        return Fault(200, b"", STREAM if context.main_type == "llm" else JSON)


@wire_cases.register
class OversizeLine(FaultCase):
    """A line that does not end."""

    key: ClassVar[str] = "errors.oversize"
    label: ClassVar[str] = "A line without an end is refused"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderBadAnswer, ProviderConnectionError)

    def fault(self, context: Context) -> Fault:
        return Fault(200, b'data: {"a": "' + b"x" * (5 * 2**20), STREAM)


@wire_cases.register
class Refused(FaultCase):
    """Nobody listens."""

    key: ClassVar[str] = "errors.connect_refused"
    label: ClassVar[str] = "A refused connection is told as such"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError,)

    def fault(self, context: Context) -> Fault:
        return Fault(address=f"http://127.0.0.1:{closed_port()}")


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@wire_cases.register
class HangsUp(FaultCase):
    """The connection is closed without an answer."""

    key: ClassVar[str] = "errors.hangs_up"
    label: ClassVar[str] = "A connection closed without an answer is told as such"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError,)

    def fault(self, context: Context) -> Fault:
        return Fault(fate="hangs_up")


@wire_cases.register
class Silent(FaultCase):
    """No headers."""

    key: ClassVar[str] = "errors.silent"
    label: ClassVar[str] = "A server that says nothing is given up in time"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError,)
    is_slow: ClassVar[bool] = True

    def fault(self, context: Context) -> Fault:
        return Fault(fate="silent")


@wire_cases.register
class Stalls(FaultCase):
    """Half an answer, then silence."""

    key: ClassVar[str] = "errors.stalls"
    label: ClassVar[str] = "A server that falls silent is given up in time"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError,)
    is_slow: ClassVar[bool] = True

    def fault(self, context: Context) -> Fault:
        return Fault(fate="stalls")


@wire_cases.register
class Cut(FaultCase):
    """Half an answer, then the connection breaks."""

    key: ClassVar[str] = "errors.cut"
    label: ClassVar[str] = "An answer that is cut off is told as such"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError,)

    def fault(self, context: Context) -> Fault:
        return Fault(fate="cut")


@wire_cases.register
class EndsEarly(FaultCase):
    """Half an answer that ends as if it were whole."""

    key: ClassVar[str] = "errors.ends_early"
    label: ClassVar[str] = "Half an answer is not taken for a whole one"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError, ProviderBadAnswer)

    def fault(self, context: Context) -> Fault:
        return Fault(fate="ends_early")


@wire_cases.register
class Compressed(FaultCase):
    """A body that is not what its encoding says."""

    key: ClassVar[str] = "errors.compressed"
    label: ClassVar[str] = "A body that cannot be unpacked is told as such"
    named: ClassVar[tuple[type[ProviderError], ...]] = (ProviderConnectionError, ProviderBadAnswer)

    def fault(self, context: Context) -> Fault:
        return Fault(200, b"\x00\x01garbage" * 20, {**JSON, "Content-Encoding": "gzip"})
