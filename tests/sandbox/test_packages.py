"""The operator's packages: in their own folder, read-only, loaded once."""

import base64
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from .conftest import Sandbox, _folder

GOOD = "import json\nVALUE = 41\ndef more(x):\n    return VALUE + x\n"


@pytest.fixture(scope="module", params=["root", "ctr_root", "full_disk"])
def packages(request):
    folder = Path(tempfile.mkdtemp(prefix="sandbox-packages-"))
    folder.chmod(0o755)
    (folder / "good").mkdir()
    (folder / "good" / "__init__.py").write_text(GOOD)
    (folder / "good" / "lazy.py").write_text("LATE = 1\n")
    (folder / "broken.py").write_text("import nothing_like_this\n")
    (folder / "unlisted.py").write_text("X = 1\n")
    place = _folder()
    sandbox = Sandbox(request.param, place, SANDBOX_PACKAGES="good, broken, absent", SANDBOX_PACKAGES_PATH=str(folder))
    sandbox.packages = folder
    yield sandbox
    sandbox.stop()
    shutil.rmtree(folder)
    shutil.rmtree(place)


def test_health_says_what_is_there(packages: Sandbox) -> None:
    assert packages.health()["status"] == "ok"
    found = packages.health()["packages"]
    assert found["loaded"] == ["good"]
    assert found["not_installed"] == ["absent"]
    assert "nothing_like_this" in found["failed"][0]


def test_they_are_imported(packages: Sandbox) -> None:
    code = "import good\nfrom good import lazy\ndef main(x): return {'y': good.more(x), 'late': lazy.LATE}"
    assert packages.run("python3", code, {"x": 1})["result"] == {"y": 42, "late": 1}


def test_a_run_cannot_change_them(packages: Sandbox) -> None:
    poison = "import good\ndef main(path):\n    good.VALUE = 0\n    open(path, 'a').write('VALUE = 0')\n    return {}"
    error = packages.run("python3", poison, {"path": str(packages.packages / "good" / "__init__.py")})["error"]
    assert error["kind"] == "exception"
    assert packages.run("python3", "import good\ndef main(): return {'y': good.more(0)}")["result"] == {"y": 41}
    assert (packages.packages / "good" / "__init__.py").read_text() == GOOD


def test_other_packages_of_the_product_are_not_there(packages: Sandbox) -> None:
    for name in ("django", "psycopg", "cryptography", "celery", "sandbox", "pip", "httptools"):
        error = packages.run("python3", f"import {name}\ndef main(): return {{}}")["error"]
        assert "ModuleNotFoundError" in error["message"]


DEFAULTS = {
    "numpy": "import numpy\ndef main():\n    a = numpy.arange(9.0).reshape(3, 3)\n    return {'y': float((a @ a.T).trace()), 'r': numpy.random.rand()}",
    "pandas": "import pandas\ndef main():\n    frame = pandas.DataFrame({'a': [1, 1, 2], 'b': [1, 2, 4]})\n    return {'y': frame.groupby('a').b.sum().to_dict()}",
    "json_repair": "import json_repair\ndef main(): return {'y': json_repair.loads('{a: [1, 2')}",
    "sympy": "import sympy\ndef main():\n    x = sympy.symbols('x')\n    return {'y': str(sympy.integrate(sympy.sin(x) * x, x))}",
    "matplotlib": """
import base64, io
from matplotlib import pyplot
def main():
    pyplot.plot([1, 3, 2])
    pyplot.title("A title")
    buffer = io.BytesIO()
    pyplot.savefig(buffer, format="png")
    return {"y": base64.b64encode(buffer.getvalue()).decode()}
""",
}
EXPECTED = {"numpy": 204.0, "pandas": {"1": 3, "2": 4}, "json_repair": {"a": [1, 2]}, "sympy": "-x*cos(x) + sin(x)"}


@pytest.fixture(scope="module", params=["root", "ctr_user"])
def heavy(request, needs_root):
    """The packages that are offered by default, too heavy to be installed for every test run."""
    installed = os.environ.get("SANDBOX_TEST_PACKAGES", "")
    if not installed:
        pytest.skip(f"SANDBOX_TEST_PACKAGES names no folder: pip install --target FOLDER {' '.join(DEFAULTS)}")
    place = _folder()
    sandbox = Sandbox(request.param, place, SANDBOX_PACKAGES_PATH=installed)
    yield sandbox
    sandbox.stop()
    shutil.rmtree(place)


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_packages_offered_by_default(heavy: Sandbox, name: str) -> None:
    assert name in heavy.health()["packages"]["loaded"], heavy.health()["packages"]
    answers = [heavy.run("python3", DEFAULTS[name]) for _ in range(2)]
    for answer in answers:
        assert "result" in answer, answer
    found = answers[0]["result"]["y"]
    if name == "matplotlib":
        assert base64.b64decode(found).startswith(b"\x89PNG")
    else:
        assert found == EXPECTED[name]
    if name == "numpy":
        assert answers[0]["result"]["r"] != answers[1]["result"]["r"]
