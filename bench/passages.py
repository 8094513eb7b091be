"""Real text for the retrieval benchmark: distinct passages of prose from documentation this machine has anyway.

Python docstrings, HTML documentation (paragraphs), Markdown, reStructuredText and plain text. A paragraph seen once
is never taken again, so no passage is a copy of another.

python bench/passages.py OUT.txt [--count 201000]      one passage a line
"""

import argparse
import ast
import html
import os
import random
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "docs", Path(sys.prefix), Path(os.__file__).parent, Path("/usr/share/doc"), Path("/usr/lib"),
           Path.home() / ".rustup", Path.home() / ".pyenv", Path("/usr/share"))  # fmt: skip
LONG_ENOUGH, TOO_LONG = 500, 900  # characters
_TAGS = re.compile(r"<[^>]+>")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.S)
_SPACE = re.compile(r"[\s\0]+")


def docstrings(path: Path) -> Iterator[str]:
    """Of a module, its classes and functions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (ast.get_docstring(node) or "").split("\n\n")


def paragraphs(path: Path) -> Iterator[str]:
    """What a file says, paragraph by paragraph."""
    if path.suffix == ".py":
        yield from docstrings(path)
        return
    text = path.read_text(errors="strict")
    if path.suffix == ".html":
        yield from (html.unescape(_TAGS.sub("", found)) for found in _PARAGRAPH.findall(text))
    else:
        yield from text.split("\n\n")


def is_prose(text: str) -> bool:
    """Whether it is mostly words."""
    return len(text) > 60 and sum(c.isalpha() or c == " " for c in text) > 0.85 * len(text) and text.count(" ") > 8


def files() -> list[Path]:
    """In an order that mixes the sources, the same each time."""
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for parent, _, names in os.walk(folder):
            for name in names:
                if name.endswith((".py", ".html", ".md", ".rst", ".txt")):
                    path = os.path.join(parent, name)
                    found.setdefault(os.path.realpath(path), Path(path))
    ordered = [found[key] for key in sorted(found)]
    random.Random(7).shuffle(ordered)  # noqa: S311 - an order, no secret
    return ordered


def passages() -> Iterator[str]:
    """Runs of neighbouring new paragraphs of one file, 500 to 900 characters."""
    seen: set[int] = set()
    for path in files():
        run = ""
        try:
            for part in paragraphs(path):
                text = _SPACE.sub(" ", part).strip()
                if not is_prose(text) or hash(text[:100]) in seen:
                    continue
                seen.add(hash(text[:100]))
                run = f"{run} {text}".strip()
                if len(run) >= LONG_ENOUGH:
                    yield run[:TOO_LONG]
                    run = ""
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
            pass
        if len(run) > LONG_ENOUGH / 3:
            yield run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=201_000)
    arguments = parser.parse_args()
    with arguments.out.open("w") as out:
        for number, passage in enumerate(passages()):
            if number == arguments.count:
                break
            out.write(passage + "\n")


if __name__ == "__main__":
    main()
