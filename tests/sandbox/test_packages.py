"""The operator's packages: in their own folder, read-only, loaded once."""

from pathlib import Path

import pytest

from .conftest import Sandbox

GOOD = "import json\nVALUE = 41\ndef more(x):\n    return VALUE + x\n"


@pytest.fixture(scope="module", params=["root", "ctr_root"])
def packages(request, tmp_path_factory):
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="sandbox-packages-"))
    folder.chmod(0o755)
    (folder / "good").mkdir()
    (folder / "good" / "__init__.py").write_text(GOOD)
    (folder / "good" / "lazy.py").write_text("LATE = 1\n")
    (folder / "broken.py").write_text("import nothing_like_this\n")
    (folder / "unlisted.py").write_text("X = 1\n")
    from .conftest import _folder

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
