"""The parts' logs: files in `run/`, each kept below a limit with one predecessor."""

import shutil
from pathlib import Path

LIMIT_BYTES = 10 * 2**20


def file_for(storage: Path, part: str) -> Path:
    """Where a part's output goes."""
    return storage / "run" / f"{part.replace(' ', '-')}.log"


def trim(log: Path) -> None:
    """Moves what is in a full log to `<name>.1`. The part goes on writing to the same file, from its start."""
    if log.exists() and log.stat().st_size > LIMIT_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        log.with_suffix(".log.1").chmod(0o600)
        with log.open("r+b") as file:
            file.truncate(0)
