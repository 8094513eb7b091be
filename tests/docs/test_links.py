"""Links between the pages lead somewhere."""

import re

import pytest

from .pages import DOCS, PAGES, ROOT, anchors, read, without_code


@pytest.mark.parametrize("page", PAGES)
def test_links_resolve(page):
    path = ROOT / page
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists() or (anchor and anchor not in anchors(goal.read_text())):
            broken.append(target)
    assert broken == []


def test_the_index_lists_every_page():
    index = read("README.md")
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if "examples" not in path.parts]
    assert [page for page in pages if page != "README.md" and f"]({page})" not in index] == []
