"""The app behind OpenAI's protocol."""

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import CHAT_FAMILY
from apps.prompts.endpoints import INPUTS as FORM
from apps.prompts.endpoints import NAME, Endpoint, Parameter, Section, sections

from ._parts import AT


@sections.register
class OpenAI(Section):
    """For programs that speak it already."""

    key, label, position, modes = "openai", _("OpenAI's clients"), 70, CHAT_FAMILY
    endpoints = (
        Endpoint(
            "POST",
            "/chat/completions",
            _("Chat completions"),
            _("Programs written for OpenAI need another base address and key alone. The app chooses the model."),
            (
                Parameter(
                    "messages", "list", _("The last one of role user is the question, the others are history."), True
                ),
                Parameter("model", "text", _("The app's name or id."), required=True),
                Parameter("stream", "bool", _("Chunks as server-sent events, ended by [DONE].")),
                Parameter("user", "text", _("Who asks.")),
                Parameter("inputs", "object", _("Values of the app's form.")),
                Parameter("conversation_id", "UUID", _("Goes on with a stored conversation.")),
            ),
            body={
                "model": NAME,
                "messages": [{"role": "user", "content": "What can you help me with?"}],
                "inputs": FORM,
                "user": "ada",
            },
            answer={
                "object": "chat.completion",
                "created": AT,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "…"}, "finish_reason": "stop"}],
            },
        ),
        Endpoint(
            "GET",
            "/models",
            _("List models"),
            _("The app as the only model."),
            answer={"object": "list", "data": [{"id": "…", "object": "model"}]},
        ),
    )
