"""The pages as text: sections, code blocks, links, anchors."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *DOCS.rglob("*.md")])


def read(name: str) -> str:
    """A page below docs/."""
    return (DOCS / name).read_text()


def sections(text: str, marks: str) -> dict[str, str]:
    """Text by heading of one level (`marks` is "##" or "###"), up to the next heading of that or a higher level."""
    pattern = rf"^{marks} (.+)\n((?:(?!#{{1,{len(marks)}}} ).*\n?)*)"
    return {match[1]: match[2] for match in re.finditer(pattern, text, re.MULTILINE)}


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """The text without code, in which brackets are no links and # begins no heading."""
    return re.sub(r"`[^`\n]*`", "``", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(text: str) -> set[str]:
    """What `#…` may name: headings in lower case, blanks as hyphens, other punctuation dropped."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
