from collections.abc import Callable

import pytest

from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.prompts.services.keys import create_dataset_key
from apps.workspaces.models import Workspace
from tests.factories import make_workspace
from tests.http import Client


@pytest.fixture
def workspace(transactional_db) -> Workspace:
    return make_workspace()


@pytest.fixture
def economy(workspace: Workspace) -> Dataset:
    return create_dataset(workspace=workspace, name="Economy", indexing_technique="economy")


@pytest.fixture
def vectors(workspace: Workspace) -> Dataset:
    """A base with the demo provider's embeddings."""
    return create_dataset(workspace=workspace, name="Vectors", indexing_technique="high_quality")


@pytest.fixture
def add() -> Callable[..., Document]:
    """Adds a text and indexes it at once."""

    def add(dataset: Dataset, text: str, name: str = "Text", **options: object) -> Document:
        document = create_document_from_text(dataset=dataset, name=name, text=text, **options)
        run(index_pending())
        document.refresh_from_db()
        return document

    return add


@pytest.fixture
def client(server, workspace: Workspace) -> Client:
    return Client(server.url, create_dataset_key(workspace=workspace))


@pytest.fixture
def stranger(server, workspace: Workspace) -> Client:
    """With a key of another workspace."""
    other = make_workspace("Other", "other@example.org")
    return Client(server.url, create_dataset_key(workspace=other))
