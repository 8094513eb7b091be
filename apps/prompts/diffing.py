"""What differs between two versions of an app: texts line by line, everything else field by field."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .flows import CONVERSATION, ENVIRONMENT, edges_of, is_secret, nodes_of, variables_of
from .shapes import as_list, as_map

Kind = Literal["added", "removed", "kept", "skipped"]
Path = tuple[str, ...]

CONTEXT_LINES: Final = 3
MAX_LINES: Final = 1000  # of either text after what both share: beyond it a comparison takes seconds
MISSING: Final = None
# Sections in the order they are shown, by the root of a path.
_SECTIONS: Final[Mapping[str, str]] = {
    "prompt": gettext_noop("Prompt"),
    "model": gettext_noop("Model"),
    "variables": gettext_noop("Variables"),
    "knowledge": gettext_noop("Knowledge"),
    "features": gettext_noop("Features"),
    "graph": gettext_noop("Workflow"),
}
_LABELS: Final[Mapping[str, str]] = {
    "pre_prompt": gettext_noop("Instructions"),
    "prompt_type": gettext_noop("Way of writing the prompt"),
    "opening_statement": gettext_noop("Opener"),
    "suggested_questions": gettext_noop("Opening questions"),
    "suggested_questions_after_answer": gettext_noop("Follow-up questions"),
    "speech_to_text": gettext_noop("Speech to text"),
    "text_to_speech": gettext_noop("Text to speech"),
    "retriever_resource": gettext_noop("Citations"),
    "annotation_reply": gettext_noop("Annotation replies"),
    "more_like_this": gettext_noop("More like this"),
    "sensitive_word_avoidance": gettext_noop("Moderation"),
    "file_upload": gettext_noop("Files"),
    "dataset_query_variable": gettext_noop("Variable that is searched for"),
    "provider": gettext_noop("Provider"),
    "name": gettext_noop("Name"),
    "completion_params": gettext_noop("Parameter"),
    "top_k": gettext_noop("Passages at most"),
    "score_threshold": gettext_noop("Least relevance"),
    "enabled": gettext_noop("on"),
    "label": gettext_noop("label"),
    "required": gettext_noop("required"),
    "max_length": gettext_noop("length"),
    "options": gettext_noop("options"),
    "default": gettext_noop("default"),
}
# Of a node: its type, which stands beside its name, and how it looks on the canvas.
NOT_COMPARED: Final = frozenset({"type", "selected", "width", "height"})
_PROMPT: Final = ("pre_prompt", "prompt_type", "chat_prompt_config", "completion_prompt_config")
_KNOWLEDGE: Final = ("dataset_configs", "dataset_query_variable")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text; `skipped` stands for lines that both versions have, far from any change."""

    kind: Kind
    text: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs.

    Args:
        kind: added, removed, or changed.
        before, after: as text; "" where the version does not have it.
        lines: of texts, in place of the two.
    """

    label: str
    kind: Literal["added", "removed", "changed"]
    before: str = ""
    after: str = ""
    lines: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one part of an app."""

    title: str
    changes: Sequence[Change]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Section]:
    """What changed from one configuration to the other, in the order of the editing page; nothing where they agree."""
    titles = _titles(before, after)
    old, new = dict(_leaves(before, titles)), dict(_leaves(after, titles))
    paths = [*new, *(path for path in old if path not in new)]
    changed = [path for path in paths if old.get(path) != new.get(path)]
    return [
        Section(_(title), [_change(path, old.get(path), new.get(path)) for path in changed if path[0] == key])
        for key, title in _SECTIONS.items()
        if any(path[0] == key for path in changed)
    ]


def compare_lines(before: str, after: str) -> list[Line]:
    """Two texts line by line, with three lines around each change."""
    old, new = before.splitlines(), after.splitlines()
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    middle = _middle(old[start : len(old) - end], new[start : len(new) - end])
    lines = [*_kept(old[:start]), *middle, *_kept(old[len(old) - end :])]
    return list(_shortened(lines))


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(old), len(new)))


def _kept(lines: Sequence[str]) -> list[Line]:
    return [Line("kept", text) for text in lines]


def _middle(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    if max(len(old), len(new)) > MAX_LINES:
        blocks: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, len(old), 0, len(new))]
    else:
        blocks = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    for tag, old_start, old_end, new_start, new_end in blocks:
        if tag == "equal":
            yield from _kept(old[old_start:old_end])
            continue
        yield from (Line("removed", text) for text in old[old_start:old_end])
        yield from (Line("added", text) for text in new[new_start:new_end])


def _shortened(lines: Sequence[Line]) -> Iterator[Line]:
    changed = [index for index, line in enumerate(lines) if line.kind != "kept"]
    near = {
        index for place in changed for index in range(place - CONTEXT_LINES, place + CONTEXT_LINES + 1)
    }  # fmt: skip
    is_skipping = False
    for index, line in enumerate(lines):
        if index in near:
            yield line
        elif not is_skipping:
            yield Line("skipped")
        is_skipping = index not in near


def _change(path: Path, before: Any, after: Any) -> Change:
    kind: Literal["added", "removed", "changed"] = "changed"
    if before is MISSING:
        kind = "added"
    elif after is MISSING:
        kind = "removed"
    label = _label(path)
    if _is_long(before) or _is_long(after):
        return Change(label, kind, lines=compare_lines(_shown(before), _shown(after)))
    return Change(label, kind, _shown(before), _shown(after))


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and ("\n" in value or len(value) > 80)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(map(_shown, value)) if all(isinstance(item, str) for item in value) else str(value)
    return str(value)


def _label(path: Path) -> str:
    words = [_(_LABELS[word]) if word in _LABELS else word for word in path[1:]]
    return " › ".join(words)


def _leaves(config: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[tuple[Path, Any]]:
    """The configuration flat: a path for each value, lists of named things by their names."""
    for key, value in config.items():
        if key in _PROMPT:
            yield from _prompt_leaves(key, value)
        elif key == "user_input_form":
            yield from _variable_leaves(value)
        elif key in _KNOWLEDGE:
            yield from _knowledge_leaves(key, value)
        elif key == "graph":
            yield from _graph_leaves(config, titles)
        elif key in (ENVIRONMENT, CONVERSATION):
            yield from _flow_variable_leaves(key, config)
        elif key == "model":
            yield from _flat((key,), value)
        else:
            yield from _flat(("features", key), value)


def _prompt_leaves(key: str, value: Any) -> Iterator[tuple[Path, Any]]:
    if key == "chat_prompt_config":
        for number, block in enumerate(map(as_map, as_list(as_map(value).get("prompt"))), 1):
            yield ("prompt", f"{number}. {block.get('role') or 'user'}"), str(block.get("text") or "")
    else:
        yield from _flat(("prompt", key), value)


def _titles(*configs: Mapping[str, Any]) -> dict[str, str]:
    """What nodes are called, by id; the last configuration that has one counts."""
    return {id: str(data.get("title") or id) for config in configs for id, data in nodes_of(config)}


def _graph_leaves(config: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[tuple[Path, Any]]:
    """Nodes by their titles, edges by what they join; where a node stands changes nothing."""
    for node_id, data in nodes_of(config):
        yield ("graph", titles[node_id]), str(data.get("type"))
        yield from _flat(("graph", titles[node_id]), {key: data[key] for key in data if key not in NOT_COMPARED})
    for source, handle, target in edges_of(config):
        way = titles.get(source, source) if handle == "source" else f"{titles.get(source, source)} ({handle})"
        yield ("graph", _("Connections"), f"{way} → {titles.get(target, target)}"), True


def _flow_variable_leaves(key: str, config: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for row in variables_of(config, key):
        value = "••••••" if is_secret(row) and row.get("value") else row.get("value")
        about = {name: row[name] for name in ("value_type", "description") if row.get(name)}
        yield from _flat(("variables", str(row["name"])), {**about, "value": value})


def _variable_leaves(form: Any) -> Iterator[tuple[Path, Any]]:
    for entry in as_list(form):
        for kind, field in as_map(entry).items():
            name = str(as_map(field).get("variable") or "?")
            yield ("variables", name), str(kind)
            rest = {key: value for key, value in as_map(field).items() if key != "variable"}
            yield from _flat(("variables", name), rest)


def _knowledge_leaves(key: str, value: Any) -> Iterator[tuple[Path, Any]]:
    if key != "dataset_configs":
        yield from _flat(("knowledge", key), value)
        return
    settings = dict(as_map(value))
    for entry in as_list(as_map(settings.pop("datasets", None)).get("datasets")):
        dataset = as_map(as_map(entry).get("dataset"))
        yield ("knowledge", _("Knowledge base"), str(dataset.get("id"))), bool(dataset.get("enabled", True))
    yield from _flat(("knowledge",), settings)


def _flat(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Empty values count as absent: files leave out what they do not set."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat((*path, str(key)), inner)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value, 1):
            yield from _flat((*path, str(item.get("id") or item.get("variable") or number)), item)
    elif value not in (None, "", []):
        yield path, value
