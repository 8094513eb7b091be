"""Prompts that an app's author wrote out: messages for chat models, one text for completion models."""

from collections.abc import Sequence

from apps.common.tokens import estimate_tokens
from apps.files.references import FileReference
from apps.models.contracts import ChatMessage, ModelSpec
from apps.models.counting import MESSAGE_OVERHEAD_TOKENS

from .blocks import CONTEXT, HISTORIES, QUERY, fill, fill_blocks, marker
from .config import BasicConfig, ExpertPrompt
from .material import Material, PastTurn, Prompt
from .window import fit

NO_BLOCKS = dict.fromkeys((CONTEXT, QUERY, HISTORIES), "")


def chat(prompt: ExpertPrompt, config: BasicConfig, material: Material, spec: ModelSpec) -> Prompt:
    """The messages as written; earlier turns and the question follow them where no block says their place.

    Raises:
        PromptTooLong: the messages and the question alone do not fit.
    """
    values = _values(config, material)
    texts = [block.text for block in prompt.blocks]
    written = "\n".join(texts)
    in_text = marker(HISTORIES) in written
    fixed = [fill_blocks(text, values, NO_BLOCKS) for text in texts]
    context = "" if marker(CONTEXT) in written else None
    material = fit(material, config, spec, fixed, context=context, history=material.as_chat)
    blocks = _blocks(prompt, material)
    messages = [ChatMessage(block.role, fill_blocks(block.text, values, blocks)) for block in prompt.blocks]
    at = next((number for number, text in enumerate(texts) if marker(QUERY) in text), len(texts))
    before = [message for message in messages[:at] if message.content]
    after = [message for message in messages[at:] if message.content]
    if in_text or not material.as_chat:
        material = _without_history(material)
    is_asked = material.as_chat or "{{query}}" not in written
    if at == len(texts) and material.query and is_asked:
        after = [ChatMessage("user", material.query)]
    if not after:
        before, after = before[:-1], before[-1:]
    return finished(before, after[0] if after else ChatMessage("user", ""), material, after[1:])


def completion(prompt: ExpertPrompt, config: BasicConfig, material: Material, spec: ModelSpec) -> Prompt:
    """One text; a chat app's question that it has no place for is put at its end.

    Raises:
        PromptTooLong: the text and the question alone do not fit.
    """
    text = prompt.text
    if material.as_chat and marker(QUERY) not in text:
        text += f"\n\n{prompt.user_prefix}: {marker(QUERY)}\n\n{prompt.assistant_prefix}:"
    values = _values(config, material)
    fixed = [fill_blocks(text, values, NO_BLOCKS)]
    has_place = material.as_chat and marker(HISTORIES) in text
    context = "" if marker(CONTEXT) in text else None
    material = fit(material, config, spec, fixed, context=context, history=has_place)
    content = fill_blocks(text, values, _blocks(prompt, material)).strip()
    return finished([], ChatMessage("user", content), _without_history(material))


def finished(
    before: Sequence[ChatMessage], last: ChatMessage, material: Material, after: Sequence[ChatMessage] = ()
) -> Prompt:
    """Messages, then the turns of the history, then the question with its pictures, then what the author put last."""
    messages = list(before)
    pictures: dict[int, Sequence[FileReference]] = {}
    for turn in material.history if material.as_chat else ():
        if turn.pictures:
            pictures[len(messages)] = turn.pictures
        if turn.query or turn.pictures:  # a history that a caller keeps may begin with an answer
            messages.append(ChatMessage("user", turn.query))
        messages.append(ChatMessage("assistant", turn.answer))
    messages.append(last)
    if material.pictures:
        if last.role != "user":  # only what a user says may hold pictures
            messages.append(ChatMessage("user", ""))
        pictures[len(messages) - 1] = material.pictures
    messages += after
    tokens = sum(
        [estimate_tokens(item.content) for item in messages if isinstance(item.content, str)]
    ) + MESSAGE_OVERHEAD_TOKENS * len(messages)
    return Prompt(messages, len(material.passages), tokens, pictures)


def _values(config: BasicConfig, material: Material) -> dict[str, object]:
    """The form's values, the instructions and, of a text generator without a field of this name, the question."""
    own: dict[str, object] = {"pre_prompt": fill(config.pre_prompt, material.inputs)}
    if not material.as_chat:
        own["query"] = material.query
    return {**own, **material.inputs}


def _blocks(prompt: ExpertPrompt, material: Material) -> dict[str, str]:
    return {
        CONTEXT: "\n\n".join(material.passages),
        QUERY: material.query,
        HISTORIES: "\n".join(_spoken(turn, prompt) for turn in material.history),
    }


def _spoken(turn: PastTurn, prompt: ExpertPrompt) -> str:
    return f"{prompt.user_prefix}: {turn.query}\n{prompt.assistant_prefix}: {turn.answer}"


def _without_history(material: Material) -> Material:
    return Material(material.inputs, material.query, (), material.passages, material.pictures, material.as_chat)
