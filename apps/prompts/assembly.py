"""Builds the messages sent to the model, trimmed to its window."""

from apps.models.contracts import ChatMessage, ModelSpec

from . import expert
from .blocks import CONTEXT, fill, fill_blocks
from .config import BasicConfig, ExpertPrompt
from .initial import PRE_PROMPT, templates_of
from .material import Material, Prompt
from .window import fit


def assemble(config: BasicConfig, material: Material, *, provider: str, spec: ModelSpec) -> Prompt:
    """The prompt of one turn, as the app's mode (basic, expert) and the model's (chat, completion) want it.

    Where it does not fit the window, passages are left out from the least relevant, then turns from the oldest.

    Raises:
        PromptTooLong: instructions and question alone do not fit.
    """
    if spec.mode == "completion":
        return expert.completion(_completion_prompt(config, material, provider, spec.name), config, material, spec)
    if config.expert is None:
        return _basic(config, material, provider, spec)
    if config.expert.text and not config.expert.blocks:  # written for a completion model, run on a chat model
        return expert.completion(config.expert, config, material, spec)
    return expert.chat(config.expert, config, material, spec)


def _completion_prompt(config: BasicConfig, material: Material, provider: str, model: str) -> ExpertPrompt:
    written = config.expert
    if written is not None and written.text:
        return written
    if written is not None and written.blocks:  # written for a chat model, run on a completion model
        return ExpertPrompt(text="\n\n".join(block.text for block in written.blocks if block.text))
    text = templates_of(provider, model).completion(as_chat=material.as_chat, with_context=bool(material.passages))
    return ExpertPrompt(text=text)


def _basic(config: BasicConfig, material: Material, provider: str, spec: ModelSpec) -> Prompt:
    instructions = fill(config.pre_prompt, material.inputs)
    template = templates_of(provider, spec.name).system(with_context=True) if material.passages else ""
    material = fit(material, config, spec, [instructions], context=template, history=material.as_chat)
    system = instructions
    if material.passages:
        values = {PRE_PROMPT: instructions}
        system = fill_blocks(template, values, {CONTEXT: "\n\n".join(material.passages)}).strip()
    if not material.as_chat:
        text = "\n\n".join(part for part in (system, material.query) if part)
        return expert.finished([], ChatMessage("user", text), material)
    messages = [ChatMessage("system", system)] if system else []
    return expert.finished(messages, ChatMessage("user", material.query), material)
