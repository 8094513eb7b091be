"""How a model of the Claude family is told to think, or not to. No I/O.

Models differ in which `thinking.type` they take and refuse the others with 400 (Anthropic, "Troubleshooting
thinking", read in November 2026): those up to 4.5 take a budget of tokens, later ones decide themselves
("adaptive"), and some of those cannot be kept from it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Parts of names, so that Bedrock's (`us.anthropic.claude-haiku-4-5-…`) are known by them too.
BUDGETED: Final = (
    "claude-3",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-2025",
    "claude-opus-4-5",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2025",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
)
_ALWAYS: Final = ("claude-fable", "claude-mythos", "claude-opus-5-5")
_BETWEEN_TOOLS: Final = ("claude-sonnet-5-5",)

MIN_BUDGET_TOKENS: Final = 1024
DEFAULT_BUDGET_TOKENS: Final = 4096


def thinking(model: str, parameters: Mapping[str, Any], budgeted: Sequence[str] = BUDGETED) -> Mapping[str, Any] | None:
    """The `thinking` object of a request; None: what the model does by itself.

    Args:
        parameters: `thinking` is true, false, a budget in tokens or the vendor's own object; `budget_tokens` beside
            it is the budget of models that want one.
        budgeted: parts of the names of such models.
    """
    wish = parameters.get("thinking")
    if isinstance(wish, Mapping):
        return dict(wish)
    if wish is None:
        return None
    if not wish:
        return _without(model)
    if not _is_one_of(model, budgeted):
        # Since 4.7 the thoughts are left out of an answer unless they are asked for.
        return {"type": "adaptive", "display": "summarized"}
    tokens = wish if type(wish) is int else parameters.get("budget_tokens") or DEFAULT_BUDGET_TOKENS
    return {"type": "enabled", "budget_tokens": max(MIN_BUDGET_TOKENS, int(tokens))}


def is_thinking(setting: Mapping[str, Any] | None) -> bool:
    """Whether a request asks for thoughts; it may then not say how to sample."""
    return setting is not None and setting.get("type") in ("enabled", "adaptive")


def with_budget(max_tokens: int, limit: int | None, setting: Mapping[str, Any] | None) -> int:
    """`max_tokens` as the vendor wants it: thoughts count towards it and it must be above their budget."""
    budget = (setting or {}).get("budget_tokens") or 0
    if max_tokens > budget:
        return max_tokens
    return min(max_tokens + budget, limit or max_tokens + budget)


def _without(model: str) -> Mapping[str, Any] | None:
    if _is_one_of(model, _ALWAYS):
        return None
    return {"type": "between_tools" if _is_one_of(model, _BETWEEN_TOOLS) else "disabled"}


def _is_one_of(model: str, parts: Sequence[str]) -> bool:
    return any(part in model for part in parts)
