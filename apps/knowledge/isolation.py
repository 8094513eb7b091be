"""Reading a file in a process of its own: whatever a file does to its reader, the worker lives on."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings

import apps

from . import parser
from .contracts import Extracted, Record
from .errors import ReadingInterrupted, UnreadableFile

log = logging.getLogger(__name__)
_ROOT: Final = Path(apps.__path__[0]).parent
# What an interpreter may need to start and find its libraries. Keys and passwords stay here.
_PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")
_OUT_OF_TIME: Final = {-signal.SIGALRM, -signal.SIGXCPU}
_LOGGED_BYTES: Final = 4_000


def parse_apart(data: bytes, extension: str) -> Extracted:
    """As `reading.parse`, in a child process under the limits of the settings. Blocks until the child has ended.

    Raises:
        UnreadableFile: nothing reads the extension, the file is broken, crashes its reader or goes over a limit.
        ReadingInterrupted: the child was killed from outside.
    """
    limits = parser.Limits(settings.PARSING_MEMORY_MB, settings.PARSING_OUTPUT_MB, settings.PARSING_TIMEOUT_S)
    with _temporary() as source, _temporary() as answer, _temporary() as complaints:
        source.write(data)
        source.seek(0)
        status = _run([extension, settings.ETL_TYPE, *limits.arguments()], limits, source, answer, complaints)
        _log(complaints, extension)
        if status:
            raise _explained(status, limits, extension)
        answer.seek(0)
        return _extracted(json.load(answer))


def _run(arguments: list[str], limits: parser.Limits, source: IO[bytes], answer: IO[bytes], errors: IO[bytes]) -> int:
    """The child's exit status, negative for a signal; it is over when this returns."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter; an extension and numbers
        # From the folder the code lies in (-m), UTF-8 whatever the locale, nothing of the user's own Python.
        [sys.executable, "-s", "-X", "utf8", "-m", parser.__name__, *arguments],
        stdin=source,
        stdout=answer,
        stderr=errors,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    ) as child:
        try:
            return child.wait(limits.timeout_s)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM
        finally:
            child.kill()


def _temporary() -> IO[bytes]:
    """A file without a name, gone with its last user."""
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


def _log(complaints: IO[bytes], extension: str) -> None:
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(size - _LOGGED_BYTES, 0))
    text = complaints.read().decode("utf-8", "replace").strip()
    if text:
        log.warning("the reader of a .%s file said: %s", extension, text)


def _explained(status: int, limits: parser.Limits, extension: str) -> UnreadableFile | ReadingInterrupted:
    if status in _OUT_OF_TIME:
        return UnreadableFile(parser.TIME.format(limits.timeout_s))
    if status in {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}:
        return ReadingInterrupted()
    if status > 0:
        return UnreadableFile(parser.MEMORY.format(limits.memory_mb))
    return UnreadableFile(
        f"The file makes its reader crash ({signal.Signals(-status).name}): it is damaged, or takes more than the "
        f"{limits.memory_mb} MB of memory it may have (PARSING_MEMORY_MB)."
    )


def _extracted(fields: dict[str, Any]) -> Extracted:
    if "error" in fields:
        raise UnreadableFile(fields["error"])
    if "text" in fields:
        return Extracted(fields["text"], page_starts=tuple(fields.get("pages", ())))
    return Extracted(records=[Record(*values) for values in fields["records"]])
