import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.factories import make_app, make_provider, make_workspace
from tests.sandbox.conftest import KEY, Sandbox, needs_root

from .drafts import SLOW, Canvas

__all__ = ["needs_root"]


@pytest.fixture(scope="session")
def _code_sandbox(needs_root) -> Iterator[Sandbox]:  # noqa: F811 - the fixture imported above
    folder = Path(tempfile.mkdtemp(prefix="parley-code-"))
    sandbox = Sandbox("root", folder)
    yield sandbox
    sandbox.stop()
    shutil.rmtree(folder)


@pytest.fixture
def code_sandbox(_code_sandbox: Sandbox, settings) -> Sandbox:
    """The running sandbox, as the product finds it."""
    settings.SANDBOX_HOST, settings.SANDBOX_PORT, settings.SANDBOX_API_KEY = "127.0.0.1", _code_sandbox.port, KEY
    return _code_sandbox


@pytest.fixture
def canvas_of(server, upstream) -> Callable[..., Canvas]:
    """Makes apps that were never published, in the hands of their workspace's owner; models say what they are asked."""
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", SLOW, "fail-500")
    owner = workspace.memberships.get().user

    def canvas_of(config: dict[str, object], mode: str = "workflow") -> Canvas:
        return Canvas(server, make_app(workspace, config, mode=mode, published=False), owner)

    return canvas_of
