"""The pages about nodes are what the nodes say of themselves today."""

import pytest
import yaml

from apps.workflows.engine.contracts import config_of, nodes
from apps.workflows.node_pages import example_of, pages

from .pages import DOCS


@pytest.mark.parametrize("name", pages())
def test_a_page_is_up_to_date(name):
    """`make docs` writes them."""
    assert (DOCS / "nodes" / name).read_text() == pages()[name]


def test_there_is_no_page_of_a_node_that_is_gone():
    assert {path.name for path in (DOCS / "nodes").iterdir()} == set(pages())


@pytest.mark.parametrize("key", [key for key, node in nodes.all().items() if example_of(node)])
def test_an_example_is_complete(key):
    kind = nodes.get(key)
    data = yaml.safe_load(example_of(kind))
    assert data["type"] == key
    assert list(kind.missing(config_of(kind, data))) == []
