"""The prompts an app has before anybody writes one: the initial text of expert mode, and what basic mode sends."""

from functools import lru_cache
from typing import Any, ClassVar

from apps.common.registry import Registry
from apps.models.contracts import ModelMode

from .config import ASSISTANT_PREFIX, USER_PREFIX, PromptBlock

PRE_PROMPT = "pre_prompt"


class PromptTemplates:
    """Initial prompts for a family of models; one class for each family that needs wording of its own.

    `{{pre_prompt}}` stands where the instructions of basic mode go.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    knowledge: ClassVar[str] = (
        "Use what stands between the <context></context> tags as knowledge you have learned.\n\n"
        "<context>\n{{#context#}}\n</context>"
    )
    rules: ClassVar[str] = (
        "When you answer:\n"
        "- If you do not know the answer, say that you do not know it.\n"
        "- If you are not sure, ask a question that would settle it.\n"
        "Speak neither of the context nor of the tags.\n"
        "Answer in the language of the question."
    )
    histories: ClassVar[str] = (
        "What was said so far stands between the <histories></histories> tags.\n\n"
        "<histories>\n{{#histories#}}\n</histories>"
    )

    @classmethod
    def suits(cls, provider: str, model: str) -> bool:
        """Whether these are the templates of a model; `standard` is asked last and suits all."""
        return True

    @classmethod
    def system(cls, *, with_context: bool) -> str:
        """Knowledge, rules and instructions; without knowledge the instructions alone."""
        instructions = f"{{{{{PRE_PROMPT}}}}}"
        return "\n\n".join([cls.knowledge, cls.rules, instructions]) if with_context else instructions

    @classmethod
    def chat(cls, *, as_chat: bool, with_context: bool = True) -> tuple[PromptBlock, ...]:
        """For chat models; in a chat app earlier turns and the question follow by themselves."""
        system = PromptBlock("system", cls.system(with_context=with_context))
        return (system,) if as_chat else (system, PromptBlock("user", "{{query}}"))

    @classmethod
    def completion(cls, *, as_chat: bool, with_context: bool = True) -> str:
        """For completion models: one text, which in a chat app ends where the model is to go on."""
        system = cls.system(with_context=with_context)
        if not as_chat:
            return f"{system}\n\n{{{{query}}}}"
        turn = f"{USER_PREFIX}: {{{{#query#}}}}\n\n{ASSISTANT_PREFIX}:"
        return "\n\n".join([system, cls.histories, turn])


prompt_templates: Registry[PromptTemplates] = Registry("prompt template", "prompt_templates", PromptTemplates)
_LAST = "standard"


@lru_cache(256)
def templates_of(provider: str, model: str) -> type[PromptTemplates]:
    """The templates of a model."""
    known = prompt_templates.all()
    own = (templates for key, templates in known.items() if key != _LAST and templates.suits(provider, model))
    return next(own, known[_LAST])


def initial_prompt(
    *, as_chat: bool, model_mode: ModelMode, provider: str, model: str, pre_prompt: str, with_context: bool
) -> dict[str, Any]:
    """The part of a `model_config` that a switch to expert mode begins with.

    Args:
        pre_prompt: the instructions of basic mode; they move into the prompt.
        with_context: whether the app reads knowledge.
    """
    templates, place = templates_of(provider, model), f"{{{{{PRE_PROMPT}}}}}"
    fields: dict[str, Any] = {"prompt_type": "advanced", "pre_prompt": ""}
    if model_mode == "completion":
        text = templates.completion(as_chat=as_chat, with_context=with_context).replace(place, pre_prompt)
        roles = {"user_prefix": USER_PREFIX, "assistant_prefix": ASSISTANT_PREFIX}
        return {**fields, "completion_prompt_config": {"prompt": {"text": text}, "conversation_histories_role": roles}}
    blocks = templates.chat(as_chat=as_chat, with_context=with_context)
    prompt = [{"role": block.role, "text": block.text.replace(place, pre_prompt)} for block in blocks]
    return {**fields, "chat_prompt_config": {"prompt": prompt}}
