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
    found = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "examples" not in path.parts]
    # Pages of nodes are listed by their own index, which is made with them.
    pages = [path.as_posix() for path in found if path.parts[0] != "nodes" or path.name == "README.md"]
    assert [page for page in pages if page != "README.md" and f"]({page})" not in index] == []
