"""How a Gemini model is told to think. No I/O.

Models of the second generation take a budget of tokens, later ones a level, and a request with both is refused.
Thoughts are left out of an answer unless they are asked for (ai.google.dev, "Gemini thinking", November 2026).
"""

from collections.abc import Mapping
from typing import Any, Final

LEAST_TOKENS: Final = 128  # of models that always think
_BY_ITSELF: Final = -1
_TOKENS: Final = {"low": 1024, "medium": 8192, "high": 24_576}  # as Google's own OpenAI-compatible API has them


def thinking(options: Mapping[str, Any], model: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """`thinkingConfig` as a part of the generation config, or nothing: what the model does by itself.

    Args:
        wishes: `thinking` is true, false, or a budget in tokens; `budget_tokens` and `reasoning_effort` say how much.
    """
    wish, effort = wishes.get("thinking"), wishes.get("reasoning_effort")
    budget = wish if type(wish) is int else wishes.get("budget_tokens")
    if wish is None and effort is None and budget is None:
        return {}
    shown = bool(wish) or wish is None
    name = model.rpartition("/")[2]
    if name.startswith(options["budgeted_models"]):
        least = LEAST_TOKENS if name.startswith(options["always_thinking"]) else 0
        return _config(shown, "thinkingBudget", _budget(budget, effort, least) if shown else least)
    if not shown:
        return _config(shown, "thinkingLevel", "low")
    # Later models still take a budget, but not beside a level.
    return _config(shown, "thinkingLevel", effort) if effort else _config(shown, "thinkingBudget", budget)


def _budget(tokens: Any, effort: Any, least: int) -> int:
    if tokens is None:
        return _TOKENS.get(str(effort), _BY_ITSELF)
    return max(int(tokens), least)


def _config(shown: bool, field: str, value: Any) -> dict[str, Any]:
    config: dict[str, Any] = {"includeThoughts": shown}
    if value is not None:
        config[field] = value
    return {"thinkingConfig": config}
