import pytest

from tests.factories import make_app, make_key, make_workspace
from tests.http import Client


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def app(workspace):
    return make_app(workspace)


@pytest.fixture
def client(server, app) -> Client:
    """Calls the service API with a key of `app`, which runs on the demo model."""
    return Client(server.url, make_key(app))
