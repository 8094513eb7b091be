"""The storage folder."""

import os
import time
from pathlib import Path

from dify_project.supervisor.storage import STALE_S, prepare


def test_what_a_killed_process_left_behind_is_removed_and_nothing_else(tmp_path: Path) -> None:
    prepare(tmp_path)
    fresh, stale = tmp_path / "tmp" / "fresh.upload", tmp_path / "tmp" / "stale.upload"
    for path in (fresh, stale):
        path.write_bytes(b"x")
    long_ago = time.time() - STALE_S - 1
    os.utime(stale, (long_ago, long_ago))
    prepare(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == [fresh]
