import pytest

from tests.factories import make_app, make_workspace
from tests.http import Client


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def app(workspace):
    return make_app(workspace)


@pytest.fixture
def visitor(server) -> Client:
    """Somebody with the link to a public page and nothing else."""
    return Client(server.url)
