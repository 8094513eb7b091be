"""Notion's blocks, rich text and properties as Markdown and plain lines. Pictures and files are left out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

INDENT: Final = "  "
# What has no text of its own, or lies on a page of its own.
SKIPPED: Final = frozenset(
    "image file pdf video audio breadcrumb table_of_contents child_page child_database link_to_page template"
    " unsupported".split()
)
_LISTS: Final = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})
_FLAT: Final = frozenset({"column_list", "column", "synced_block"})


@dataclass(frozen=True, slots=True)
class Block:
    """A block with the blocks inside it."""

    type: str
    payload: Mapping[str, Any]
    children: "Sequence[Block]" = ()


def to_markdown(blocks: Sequence[Block]) -> str:
    """The text of blocks; those of a list stand on consecutive lines."""
    return "\n".join(_lines(blocks)).strip()


def plain(rich_text: Iterable[Mapping[str, Any]] | None) -> str:
    """Rich text without its marks."""
    return "".join(str(part.get("plain_text", "")) for part in rich_text or ())


def rich(rich_text: Iterable[Mapping[str, Any]] | None) -> str:
    """Rich text; of its marks links and code are kept, for those carry meaning."""
    return "".join(map(_marked, rich_text or ()))


def _marked(part: Mapping[str, Any]) -> str:
    text, link = str(part.get("plain_text", "")), part.get("href")
    if text.strip() and (part.get("annotations") or {}).get("code"):
        text = f"`{text}`"
    if isinstance(link, str) and link.startswith(("http://", "https://")) and link != part.get("plain_text"):
        text = f"[{text}]({link})"
    return text


def _lines(blocks: Sequence[Block]) -> list[str]:
    lines: list[str] = []
    number, was_list = 0, False
    for block in blocks:
        is_list = block.type in _LISTS
        number = number + 1 if block.type == "numbered_list_item" else 0
        own = _block_lines(block, number)
        if not own:
            continue
        if lines and not (is_list and was_list):
            lines.append("")
        lines += own
        was_list = is_list
    return lines


def _block_lines(block: Block, number: int) -> list[str]:
    if block.type in SKIPPED:
        return []
    if block.type in _FLAT:
        return _lines(block.children)
    if block.type == "table":
        return [_row(row) for row in block.children]
    write = _WRITERS.get(block.type, _paragraph)
    own = write(block, number)
    inside = _lines(block.children)
    if not inside:
        return own
    if block.type.startswith("heading"):
        return [*own, "", *inside]
    return [*own, *(INDENT + line if line else "" for line in inside)]


def _text(block: Block) -> str:
    return rich(block.payload.get("rich_text"))


def _paragraph(block: Block, _: int) -> list[str]:
    return _text(block).split("\n") if _text(block).strip() else []


def _heading(block: Block, _: int) -> list[str]:
    text = " ".join(_text(block).split())
    return [f"{'#' * int(block.type[-1])} {text}"] if text else []


def _todo(block: Block, _: int) -> list[str]:
    return [f"- [{'x' if block.payload.get('checked') else ' '}] {_text(block)}"]


def _quoted(block: Block, _: int) -> list[str]:
    icon = block.payload.get("icon") or {}
    mark = f"{icon['emoji']} " if isinstance(icon, Mapping) and icon.get("emoji") else ""
    return [f"> {line}" for line in f"{mark}{_text(block)}".split("\n")]


def _code(block: Block, _: int) -> list[str]:
    text, language = plain(block.payload.get("rich_text")), str(block.payload.get("language") or "")
    return [f"```{'' if language == 'plain text' else language}", *text.split("\n"), "```"]


def _equation(block: Block, _: int) -> list[str]:
    return [f"$${block.payload.get('expression', '')}$$"]


def _address(block: Block, _: int) -> list[str]:
    caption, url = rich(block.payload.get("caption")), str(block.payload.get("url") or "")
    return [f"{caption}: {url}" if caption else url] if url else []


def _row(block: Block) -> str:
    return " | ".join(rich(cell).replace("\n", " ") for cell in block.payload.get("cells") or ())


_WRITERS: Final[Mapping[str, Callable[[Block, int], list[str]]]] = {
    **{f"heading_{level}": _heading for level in (1, 2, 3, 4)},
    "bulleted_list_item": lambda block, _: [f"- {_text(block)}"],
    "numbered_list_item": lambda block, number: [f"{number}. {_text(block)}"],
    "toggle": lambda block, _: [f"- {_text(block)}"],
    "to_do": _todo,
    "quote": _quoted,
    "callout": _quoted,
    "code": _code,
    "equation": _equation,
    "divider": lambda _block, _number: ["---"],
    **dict.fromkeys(("bookmark", "embed", "link_preview"), _address),
}


def title_of(thing: Mapping[str, Any]) -> str:
    """The title of a page (a property) or of a data source."""
    if "title" in thing:
        return plain(thing["title"])
    for value in (thing.get("properties") or {}).values():
        if value.get("type") == "title":
            return plain(value.get("title"))
    return ""


def attributes(properties: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a row says in its columns, a line each: `Status: Done`. The title, files and relations are left out."""
    lines = []
    for name, value in sorted(properties.items()):
        text = "" if value.get("type") == "title" else property_text(value)
        if text:
            lines.append(f"{name}: {text}")
    return lines


def property_text(value: Mapping[str, Any]) -> str:
    """One property as text; "" where it has none."""
    kind = str(value.get("type", ""))
    read = _PROPERTIES.get(kind)
    inner = value.get(kind)
    return read(inner) if read is not None and inner is not None else ""


def _name(value: Mapping[str, Any]) -> str:
    return str(value.get("name") or "")


def _names(values: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(filter(None, map(_name, values)))


def _date(value: Mapping[str, Any]) -> str:
    start, end = value.get("start") or "", value.get("end")
    return f"{start} to {end}" if end else str(start)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def _rollup(value: Mapping[str, Any]) -> str:
    if value.get("type") == "array":
        return ", ".join(filter(None, map(property_text, value.get("array") or ())))
    return property_text(value)


def _unique_id(value: Mapping[str, Any]) -> str:
    prefix, number = value.get("prefix"), value.get("number")
    return "" if number is None else f"{prefix}-{number}" if prefix else str(number)


_PROPERTIES: Final[Mapping[str, Callable[[Any], str]]] = {
    "title": plain,
    "rich_text": plain,
    "number": _number,
    "select": _name,
    "status": _name,
    "multi_select": _names,
    "people": _names,
    "created_by": _name,
    "last_edited_by": _name,
    "date": _date,
    "checkbox": lambda value: "yes" if value else "no",
    "boolean": lambda value: "yes" if value else "no",
    "formula": lambda value: property_text(value),
    "rollup": _rollup,
    "unique_id": _unique_id,
    **dict.fromkeys(("url", "email", "phone_number", "string", "created_time", "last_edited_time"), str),
}
