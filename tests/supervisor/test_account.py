"""As root: which folders are opened for the database's system user, how far, and what is said about it."""

import os
import stat
from pathlib import Path

import pytest

from dify_project.supervisor import embedded
from dify_project.supervisor.account import Account, closed_folders, open_way
from dify_project.supervisor.output import Problem

NOBODY = Account(uid=65534, gid=65534)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Something like /root: private, with a storage folder deep inside."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "work").mkdir(mode=0o750)
    (home / "work" / "storage").mkdir(mode=0o700)
    return home


def test_folders_that_bar_the_way_are_named_top_first(home: Path) -> None:
    storage = home / "work" / "storage"
    found = closed_folders(storage / "postgres", NOBODY)
    assert found[-3:] == [home, home / "work", storage]


def test_only_passing_through_is_added_and_each_private_folder_named(home: Path) -> None:
    storage = home / "work" / "storage"
    warnings: list[str] = []
    open_way(storage / "postgres", NOBODY, own=storage, warn=warnings.append)
    assert (mode(home), mode(home / "work"), mode(storage)) == (0o701, 0o751, 0o701)
    ours = [warning for warning in warnings if str(home) in warning]
    assert len(ours) == 2, "one line for each private folder, none for the storage itself"
    assert f"the private folder {home} changes from mode 700 to 701" in ours[0]
    assert f"the private folder {home / 'work'} changes from mode 750 to 751" in ours[1]


def test_open_folders_stay_as_they_are_and_nothing_is_said(home: Path) -> None:
    storage = home / "work" / "storage"
    open_way(storage / "postgres", NOBODY, own=storage, warn=lambda _: None)
    again: list[str] = []
    open_way(storage / "postgres", NOBODY, own=storage, warn=again.append)
    assert again == []


@as_root
def test_a_server_below_a_private_home_starts_and_the_rest_of_the_storage_stays_closed(home: Path) -> None:
    storage = home / "work" / "storage"
    for name in ("keys", "files", "run"):
        (storage / name).mkdir(mode=0o700)
    warnings: list[str] = []
    with embedded.running(storage, warn=warnings.append) as url:
        assert url.startswith("postgresql://postgres@/parley?host=")
        owner = (storage / "postgres").stat().st_uid
        assert owner not in (0, os.getuid())
    assert any(str(home) in warning for warning in warnings)
    assert [mode(storage / name) for name in ("keys", "files", "run", "postgres")] == [0o700] * 4
    assert not any(mode(folder) & (stat.S_IROTH | stat.S_IWOTH) for folder in (home, home / "work", storage))


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    (storage / "postgres.new" / "base").mkdir(parents=True)
    (storage / "run").mkdir()
    with embedded.running(storage, warn=lambda _: None):
        assert (storage / "postgres" / "PG_VERSION").exists()
    assert not (storage / "postgres.new").exists()


def test_data_of_another_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    server = embedded.Embedded(tmp_path, warn=lambda _: None)
    with pytest.raises(Problem, match="was made by PostgreSQL 16, this is 18"):
        server.initialise()
