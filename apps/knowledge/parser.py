"""The child process that reads one file: `python -m apps.knowledge.parser`, started by `isolation`. No Django.

The file comes on standard input, the answer leaves on standard output as one JSON object: `text`, or `records`, or
`error` with a sentence for the document.
"""

import json
import logging
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import Final

from .contracts import Extracted
from .errors import UnreadableFile
from .reading import parse

MEMORY: Final = "Reading the file takes more than the {} MB of memory it may have (PARSING_MEMORY_MB)."
TIME: Final = "Reading the file takes longer than the {} seconds it may (PARSING_TIMEOUT_S)."
OUTPUT: Final = "The file holds more than the {} MB of text it may (PARSING_OUTPUT_MB). Upload it in parts."
DAMAGED: Final = "The file is damaged, or is no .{} file."
# Beyond the time allowed, after which the starter should have ended this process; if it is gone, the clock does.
_GRACE_S: Final = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What the reading of a file may take."""

    memory_mb: int
    output_mb: int
    timeout_s: int

    def arguments(self) -> list[str]:
        """For the command line."""
        return [str(self.memory_mb), str(self.output_mb), str(self.timeout_s)]

    def impose(self) -> None:
        """On this process, for good."""
        for kind, value in (
            (resource.RLIMIT_AS, self.memory_mb << 20),
            (resource.RLIMIT_FSIZE, (self.output_mb + 1) << 20),
            (resource.RLIMIT_CPU, self.timeout_s + _GRACE_S),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (value, value))
        signal.alarm(self.timeout_s + _GRACE_S)


def _answer(data: bytes, extension: str, etl_type: str, limits: Limits) -> bytes:
    try:
        answer = _encoded(_fields(parse(data, extension, etl_type)))
    except UnreadableFile as error:
        return _encoded({"error": error.message})
    except MemoryError:
        return _encoded({"error": MEMORY.format(limits.memory_mb)})
    except Exception:  # noqa: BLE001 - libraries raise what they like on broken files; the trace goes to the log
        traceback.print_exc()
        return _encoded({"error": DAMAGED.format(extension)})
    too_large = len(answer) > limits.output_mb << 20
    return _encoded({"error": OUTPUT.format(limits.output_mb)}) if too_large else answer


def _encoded(fields: dict[str, object]) -> bytes:
    # Lone surrogates of broken files pass; cleaning drops them.
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _fields(found: Extracted) -> dict[str, object]:
    if found.records is None:
        return {"text": found.text, "pages": found.page_starts}
    return {"records": [(record.content, record.answer, record.keywords, record.pair) for record in found.records]}


def main(arguments: list[str]) -> None:
    """Reads and answers."""
    extension, etl_type, *numbers = arguments
    limits = Limits(*map(int, numbers))
    limits.impose()
    logging.disable()  # libraries warn about every odd file
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read(), extension, etl_type, limits))


if __name__ == "__main__":
    main(sys.argv[1:])
