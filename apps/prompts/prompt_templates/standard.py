"""The templates every model gets that has none of its own."""

from typing import ClassVar

from apps.prompts.initial import PromptTemplates, prompt_templates


@prompt_templates.register
class StandardTemplates(PromptTemplates):
    """Knowledge between tags, then rules, then the instructions; the order that the manual shows."""

    key: ClassVar[str] = "standard"
    label: ClassVar[str] = "Standard"
