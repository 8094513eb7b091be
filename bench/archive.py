"""Export and import of a base, and fsck over it: seconds and the process's peak memory.

    python bench/archive.py [SEGMENTS]

Starts a database of its own; vectors are random, 1,024 dimensions.
"""

import os
import random
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
DIMENSIONS = 1024
PER_DOCUMENT = 100
WORDS = 60


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {time.perf_counter() - started:.1f} s, peak {peak_mb:.0f} MB", flush=True)


def main(segments: int) -> None:
    from dify_project.supervisor.embedded import running
    from dify_project.supervisor.storage import prepare

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        prepare(folder)
        os.environ |= {
            "STORAGE_LOCAL_PATH": str(folder),
            "DATABASE_URL": stack.enter_context(running(folder)),
            "DJANGO_SETTINGS_MODULE": "dify_project.settings.prod",
            "LOG_LEVEL": "ERROR",
        }
        import django

        django.setup()
        measure(segments, folder)


def measure(segments: int, folder: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    from apps.common.fsck import run_checks
    from apps.knowledge.services.exporting import export_dataset
    from apps.knowledge.services.importing import import_dataset

    call_command("migrate", verbosity=0)
    dataset = fill(segments)
    path = folder / "base.zip"
    with timed(f"fsck of {segments} segments"):
        assert run_checks().found == {}
    with timed(f"export of {segments} segments"):
        export_dataset(dataset=dataset, path=path)
    print(f"file: {path.stat().st_size / 2**20:.0f} MB")
    with timed(f"import of {segments} segments"):
        imported = import_dataset(workspace=dataset.workspace, path=path)
    assert imported.segments == segments
    connection.close()


def fill(segments: int) -> Any:
    """A base of documents of a hundred segments each."""
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from apps.knowledge.models import Dataset, Document, ProcessRule
    from apps.knowledge.rules import AUTOMATIC
    from apps.knowledge.services.bulk import write_ready
    from apps.workspaces.models import Workspace

    call_command("setup", email="a@example.org", password="correct horse 7", stdout=StringIO())
    workspace = Workspace.objects.get()
    dataset = Dataset.objects.create(
        workspace=workspace, name="Base", indexing_technique="high_quality", embedding_provider="demo",
        embedding_model="demo-embedding",
    )  # fmt: skip
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules=dict(AUTOMATIC))
    documents = Document.objects.bulk_create(
        Document(
            workspace=workspace, dataset=dataset, position=number, name=f"Document {number}", process_rule=rule,
            batch="1", indexing_status="completed", completed_at=timezone.now(), completed_segments=PER_DOCUMENT,
        )
        for number in range(1, segments // PER_DOCUMENT + 1)
    )  # fmt: skip
    with timed(f"writing {segments} segments"), transaction.atomic():
        write_ready(dataset, ready(documents), average_length=WORDS)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return dataset


def ready(documents: Sequence[Any]) -> Iterator[Any]:
    """Segments of words from a vocabulary of 50,000, and random vectors."""
    from apps.common.ids import new_id
    from apps.knowledge.services.bulk import Ready

    chance = random.Random(1)  # noqa: S311 - no secret
    for document in documents:
        for position in range(1, PER_DOCUMENT + 1):
            content = " ".join(f"word{int(50_000 * chance.random() ** 3)}" for _ in range(WORDS))
            vector = struct.pack(f">{DIMENSIONS}e", *(chance.gauss(0, 0.03) for _ in range(DIMENSIONS)))
            yield Ready(new_id(), document.pk, position, content, tokens=WORDS, vector=vector)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
