"""Process rules: how a caller writes them, how they are stored, what they mean."""

from collections.abc import Mapping
from typing import Any, Final

from apps.common.errors import InvalidParam

from .choices import DocForm, RuleMode
from .contracts import Processing, SplitRule

CLEANING: Final = ("remove_extra_spaces", "remove_urls_emails", "remove_stopwords")
MIN_TOKENS: Final = 50
MAX_TOKENS: Final = 4_000
MAX_SEPARATOR: Final = 100
PARAGRAPH: Final = "paragraph"
FULL_DOC: Final = "full-doc"
# A whole document as one passage is no longer than this; what is left of it becomes further passages.
FULL_DOC_TOKENS: Final = 10_000

AUTOMATIC: Final[Mapping[str, Any]] = {
    "pre_processing_rules": [
        {"id": "remove_extra_spaces", "enabled": True},
        {"id": "remove_urls_emails", "enabled": False},
    ],
    "segmentation": {"delimiter": "\n", "max_tokens": 500, "chunk_overlap": 50},
}
# What parents and children are where the rule says nothing of them; forms start with it.
PARENTS: Final[Mapping[str, Any]] = {"separator": "\n\n", "max_tokens": 1_024, "chunk_overlap": 0}
CHILDREN: Final[Mapping[str, Any]] = {"separator": "\n", "max_tokens": 512, "chunk_overlap": 0}


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
    if mode not in {RuleMode.CUSTOM, RuleMode.HIERARCHICAL}:
        raise _invalid(" mode")
    rules = _required(value, "rules", "rules")
    if not isinstance(rules, Mapping):
        raise _invalid(" rules")
    cleaning = {"pre_processing_rules": _cleaning(rules.get("pre_processing_rules"))}
    if mode == RuleMode.CUSTOM:
        return mode, {**cleaning, "segmentation": _segmentation(rules.get("segmentation"))}
    return mode, {**cleaning, **_hierarchical(rules)}


def processing(mode: str, rules: Mapping[str, Any], form: str = DocForm.TEXT) -> Processing:
    """What a stored rule means for documents of a form."""
    return Processing(
        cleaning=frozenset(item["id"] for item in rules["pre_processing_rules"] if item["enabled"]),
        split=_passages(mode, rules, form),
        children=_children(mode, rules) if form == DocForm.HIERARCHICAL else None,
        is_pairs=form == DocForm.QA,
    )


def form_of(form: str | None, mode: str) -> str:
    """The form of a document for which none was named: the rule's mode decides."""
    return form or (DocForm.HIERARCHICAL if mode == RuleMode.HIERARCHICAL else DocForm.TEXT)


def _passages(mode: str, rules: Mapping[str, Any], form: str) -> SplitRule:
    """Only the automatic rule and whole documents join short parts; a custom separator always separates."""
    if form != DocForm.HIERARCHICAL:
        return _split(rules["segmentation"], merge=mode == RuleMode.AUTOMATIC)
    if mode == RuleMode.AUTOMATIC:
        return _split(PARENTS, merge=True)
    if rules.get("parent_mode") == FULL_DOC:
        return SplitRule(PARENTS["separator"], FULL_DOC_TOKENS)
    return _split(rules["segmentation"], merge=False)


def _children(mode: str, rules: Mapping[str, Any]) -> SplitRule:
    return _split(rules.get("subchunk_segmentation") or CHILDREN, merge=mode == RuleMode.AUTOMATIC)


def _split(segmentation: Mapping[str, Any], *, merge: bool) -> SplitRule:
    return SplitRule(
        separator=segmentation.get("delimiter") or segmentation["separator"],
        max_tokens=segmentation["max_tokens"],
        overlap=segmentation.get("chunk_overlap", 0),
        merge=merge,
    )


def _hierarchical(rules: Mapping[str, Any]) -> dict[str, Any]:
    parent_mode = rules.get("parent_mode") or PARAGRAPH
    if parent_mode not in {PARAGRAPH, FULL_DOC}:
        raise _invalid(" parent_mode")
    is_whole = parent_mode == FULL_DOC and rules.get("segmentation") is None
    return {
        "parent_mode": parent_mode,
        "segmentation": dict(PARENTS) if is_whole else _segmentation(rules.get("segmentation")),
        "subchunk_segmentation": _segmentation(rules.get("subchunk_segmentation"), "subchunk_segmentation"),
    }


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


def _segmentation(value: object, name: str = "segmentation") -> dict[str, Any]:
    if value is None:
        raise InvalidParam(f"Process rule {name} is required", params="process_rule")
    if not isinstance(value, Mapping) or not value:
        raise _invalid(f" {name}")
    separator = _required(value, "separator", f"{name} separator")
    if not isinstance(separator, str) or len(separator) > MAX_SEPARATOR:
        raise _invalid(f" {name} separator")
    max_tokens = _required(value, "max_tokens", f"{name} max_tokens")
    if not _is_count(max_tokens) or not MIN_TOKENS <= max_tokens <= MAX_TOKENS:
        raise InvalidParam(
            f"Process rule {name} max_tokens is invalid: it must be {MIN_TOKENS} to {MAX_TOKENS}",
            params="process_rule",
        )
    overlap = value.get("chunk_overlap") or 0
    if not _is_count(overlap) or not 0 <= overlap < max_tokens:
        raise _invalid(f" {name} chunk_overlap")
    # Forms send line ends as two characters.
    plain = separator.replace("\\n", "\n").replace("\\t", "\t").replace("\0", "")
    if not plain:
        raise _invalid(f" {name} separator")
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
