"""The switches of an app as app files write them and /v1/parameters shows them, in old and new shape."""

from collections.abc import Mapping
from typing import Any, Final

from apps.files.references import METHODS, TYPES, FileRules

from .shapes import as_list, as_map, as_texts, as_whole

DEFAULT_FILES: Final = 3
DETAILS: Final = ("low", "high", "auto")


def feature_maps(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The switches of an app in the shape /v1/parameters shows, defaults filled in."""
    off = {"enabled": False}
    speech = {"enabled": False, "voice": "", "language": ""}
    moderation = {"enabled": False, "type": "", "configs": []}
    return {
        "opening_statement": raw.get("opening_statement") or "",
        "suggested_questions": list(as_texts(raw.get("suggested_questions"))),
        "suggested_questions_after_answer": {**off, **as_map(raw.get("suggested_questions_after_answer"))},
        "speech_to_text": {**off, **as_map(raw.get("speech_to_text"))},
        "text_to_speech": {**speech, **as_map(raw.get("text_to_speech"))},
        "retriever_resource": {**off, **as_map(raw.get("retriever_resource"))},
        "annotation_reply": {**off, **as_map(raw.get("annotation_reply"))},
        "more_like_this": {**off, **as_map(raw.get("more_like_this"))},
        "user_input_form": [item for item in as_list(raw.get("user_input_form")) if isinstance(item, Mapping)],
        "sensitive_word_avoidance": {**moderation, **as_map(raw.get("sensitive_word_avoidance"))},
        "file_upload": _both_shapes(as_map(raw.get("file_upload"))),
    }


def read_upload_rules(raw: Mapping[str, Any]) -> FileRules:
    """What the app takes in `files`: its `file_upload` in the shape of 0.6 (`image`) or the later one."""
    upload = as_map(raw.get("file_upload"))
    image = as_map(upload.get("image"))
    detail = image.get("detail")
    return FileRules(
        enabled=upload.get("enabled") is True or image.get("enabled") is True,
        types=frozenset(TYPES).intersection(as_texts(upload.get("allowed_file_types"))) or frozenset({"image"}),
        extensions=_extensions(upload.get("allowed_file_extensions")),
        methods=_methods(upload.get("allowed_file_upload_methods")) or _methods(image.get("transfer_methods"))
        or frozenset(METHODS),
        number_limit=as_whole(upload.get("number_limits")) or as_whole(image.get("number_limits")) or DEFAULT_FILES,
        detail=detail if detail in DETAILS else "high",
    )  # fmt: skip


def read_field_rules(kind: str, field: Mapping[str, Any]) -> FileRules | None:
    """What a field of the form takes; None for fields that take no files."""
    if kind not in ("file", "file-list"):
        return None
    types = frozenset(TYPES).intersection(as_texts(field.get("allowed_file_types")))
    return FileRules(
        enabled=True,
        types=types or frozenset(TYPES),
        extensions=_extensions(field.get("allowed_file_extensions")),
        methods=_methods(field.get("allowed_file_upload_methods")) or frozenset(METHODS),
        number_limit=1 if kind == "file" else as_whole(field.get("max_length")) or DEFAULT_FILES,
    )


def _both_shapes(upload: Mapping[str, Any]) -> dict[str, Any]:
    rules = read_upload_rules({"file_upload": upload})
    methods = [method for method in METHODS if method in rules.methods]
    image = {
        "enabled": rules.enabled and "image" in rules.types,
        "number_limits": rules.number_limit,
        "detail": rules.detail,
        "transfer_methods": methods,
    }
    later = {
        "enabled": rules.enabled,
        "allowed_file_types": [type_ for type_ in TYPES if type_ in rules.types],
        "allowed_file_extensions": list(as_texts(upload.get("allowed_file_extensions"))),
        "allowed_file_upload_methods": methods,
        "number_limits": rules.number_limit,
    }
    shown = {**image, **as_map(upload.get("image")), "enabled": image["enabled"]}
    return {**later, **upload, "image": shown, "enabled": rules.enabled}


def _extensions(value: object) -> frozenset[str]:
    return frozenset(text.lower().lstrip(".") for text in as_texts(value))


def _methods(value: object) -> frozenset[str]:
    return frozenset(METHODS).intersection(as_texts(value))
