"""Claude models: their vendor advises long material first and rules in tags of their own."""

from typing import ClassVar

from apps.prompts.initial import PromptTemplates, prompt_templates


@prompt_templates.register
class ClaudeTemplates(PromptTemplates):
    """The same parts, the rules between tags.

    Source: Anthropic, "Use XML tags" and "Long context tips" of its prompting guide, read November 2026.
    """

    key: ClassVar[str] = "claude"
    label: ClassVar[str] = "Claude"
    rules: ClassVar[str] = f"<rules>\n{PromptTemplates.rules}\n</rules>"

    @classmethod
    def suits(cls, provider: str, model: str) -> bool:
        """By name: they come through their vendor and through gateways."""
        return provider == "anthropic" or model.rpartition("/")[2].startswith("claude")
