import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.conftest import KEY, Sandbox, needs_root

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
