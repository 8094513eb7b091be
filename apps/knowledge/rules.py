"""Process rules: how a caller writes them, how they are stored, what they mean."""

from collections.abc import Mapping
from typing import Any, Final

from apps.common.errors import InvalidParam

from .choices import RuleMode
from .contracts import Processing, SplitRule

CLEANING: Final = ("remove_extra_spaces", "remove_urls_emails", "remove_stopwords")
MIN_TOKENS: Final = 50
MAX_TOKENS: Final = 4_000
MAX_SEPARATOR: Final = 100

AUTOMATIC: Final[Mapping[str, Any]] = {
    "pre_processing_rules": [
        {"id": "remove_extra_spaces", "enabled": True},
        {"id": "remove_urls_emails", "enabled": False},
    ],
    "segmentation": {"delimiter": "\n", "max_tokens": 500, "chunk_overlap": 50},
}


def parse_rule(value: object) -> tuple[str, dict[str, Any]]:
    """Mode and rules of a caller's `process_rule`, as they are stored.

    Raises:
        InvalidParam: with the service API's sentences (7.4).
    """
    if not isinstance(value, Mapping):
        raise _invalid("")
    mode = _required(value, "mode", "mode")
    if mode == RuleMode.AUTOMATIC:
        return mode, dict(AUTOMATIC)
    if mode != RuleMode.CUSTOM:
        raise _invalid(" mode")
    rules = _required(value, "rules", "rules")
    if not isinstance(rules, Mapping):
        raise _invalid(" rules")
    return mode, {
        "pre_processing_rules": _cleaning(rules.get("pre_processing_rules")),
        "segmentation": _segmentation(rules.get("segmentation")),
    }


def processing(mode: str, rules: Mapping[str, Any]) -> Processing:
    """What a stored rule means. Only the automatic rule joins short parts; a custom separator always separates."""
    segmentation = rules["segmentation"]
    return Processing(
        cleaning=frozenset(item["id"] for item in rules["pre_processing_rules"] if item["enabled"]),
        split=SplitRule(
            separator=segmentation.get("delimiter") or segmentation["separator"],
            max_tokens=segmentation["max_tokens"],
            overlap=segmentation.get("chunk_overlap", 0),
            merge=mode == RuleMode.AUTOMATIC,
        ),
    )


def _cleaning(value: object) -> list[dict[str, Any]]:
    if value is None:
        raise InvalidParam("Process rule pre_processing_rules is required", params="process_rule")
    if not isinstance(value, list):
        raise _invalid(" pre_processing_rules")
    found: dict[str, bool] = {}
    for item in value:
        if not isinstance(item, Mapping) or item.get("id") not in CLEANING:
            raise _invalid(" pre_processing_rules id")
        if not isinstance(item.get("enabled"), bool):
            raise _invalid(" pre_processing_rules enabled")
        found[str(item["id"])] = item["enabled"]
    return [{"id": id, "enabled": enabled} for id, enabled in found.items()]


def _segmentation(value: object) -> dict[str, Any]:
    if value is None:
        raise InvalidParam("Process rule segmentation is required", params="process_rule")
    if not isinstance(value, Mapping) or not value:
        raise _invalid(" segmentation")
    separator = _required(value, "separator", "segmentation separator")
    if not isinstance(separator, str) or len(separator) > MAX_SEPARATOR:
        raise _invalid(" segmentation separator")
    max_tokens = _required(value, "max_tokens", "segmentation max_tokens")
    if not _is_count(max_tokens) or not MIN_TOKENS <= max_tokens <= MAX_TOKENS:
        raise InvalidParam(
            f"Process rule segmentation max_tokens is invalid: it must be {MIN_TOKENS} to {MAX_TOKENS}",
            params="process_rule",
        )
    overlap = value.get("chunk_overlap") or 0
    if not _is_count(overlap) or not 0 <= overlap < max_tokens:
        raise _invalid(" segmentation chunk_overlap")
    # Forms send line ends as two characters.
    plain = separator.replace("\\n", "\n").replace("\\t", "\t").replace("\0", "")
    if not plain:
        raise _invalid(" segmentation separator")
    return {"separator": plain, "max_tokens": max_tokens, "chunk_overlap": overlap}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _required(value: Mapping[str, Any], key: str, name: str) -> Any:
    found = value.get(key)
    if found is None or found == "":
        raise InvalidParam(f"Process rule {name} is required", params="process_rule")
    return found


def _invalid(what: str) -> InvalidParam:
    return InvalidParam(f"Process rule{what} is invalid", params="process_rule")
