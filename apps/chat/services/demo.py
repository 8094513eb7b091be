"""The demo of a fresh installation: a knowledge base of the product's own pages, and published apps on the demo model.

The marks are two rows of the audit trail: `installation.complete` says whether a demo is wanted, `demo.fill` that it
is there, and of what it consists. Everything but the bytes of the pages is one transaction, and one process at a time
works on it, so that a kill at any moment ends in one complete set: the next sweep begins anew.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from apps.files.models import UploadFile
from apps.files.services.uploads import delete_unused_uploads
from apps.knowledge.choices import IndexingTechnique, Permission
from apps.knowledge.models import Dataset
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document, new_batch, stored
from apps.prompts.services.transfer import import_app
from apps.workspaces.models import Workspace
from apps.workspaces.selectors import find_workspace_to_fill
from apps.workspaces.services import audit

APPS: Final = Path(__file__).parent.parent / "demo_apps"
NAME: Final = f"{settings.PRODUCT_NAME} handbook"[:40]
_DESCRIPTION: Final = "Useful for questions about this product: how to run it, make apps, add knowledge, use the API."
_LOCK: Final = 0x64656D6F  # "demo", among Postgres's advisory locks


def fill_demo() -> bool:
    """Fills the first workspace if its installation asked for that and it has not happened; returns whether it did.

    May be called at any time, from several processes at once.

    Raises:
        StorageUnavailable: the pages could not be kept; nothing was made.
    """
    if find_workspace_to_fill() is None:
        return False
    with _alone() as is_mine:
        workspace = find_workspace_to_fill() if is_mine else None
        if workspace is None:
            return False
        _fill(workspace)
    return True


def pages() -> list[tuple[str, Path]]:
    """The product's own pages with their names, without examples; none where they are not installed."""
    folder = settings.BASE_DIR / "docs"
    found = [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*.md"))]
    kept = [(name, path) for name, path in found if not name.startswith("examples/")]
    return kept[: settings.KNOWLEDGE_DOCUMENT_LIMIT or None]


def _fill(workspace: Workspace) -> None:
    if Dataset.objects.filter(workspace=workspace, name=NAME).exists():
        # Somebody was quicker and made a base of their own by this name: theirs it stays.
        audit.record(workspace=workspace, user=None, action="demo.fill")
        return
    _forget_leftovers(workspace)
    dataset = Dataset(workspace=workspace)
    with ExitStack() as stack:  # the bytes first, outside the transaction
        uploads = [
            (name, stack.enter_context(stored(dataset, path.name, path.read_bytes(), "text/markdown", None)))
            for name, path in pages()
        ]
        with transaction.atomic():
            dataset = _make_base(workspace, uploads)
            # Lists show the newest first: the one that knows the product is to be at the top.
            apps = [_make_app(workspace, path, dataset) for path in sorted(APPS.glob("*.yml"), reverse=True)]
            audit.record(
                workspace=workspace, user=None, action="demo.fill", data={"ids": [str(dataset.pk), *apps]}
            )  # fmt: skip


def _make_base(workspace: Workspace, uploads: list[tuple[str, UploadFile]]) -> Dataset:
    dataset = create_dataset(
        workspace=workspace,
        name=NAME,
        description=_DESCRIPTION,
        indexing_technique=IndexingTechnique.HIGH_QUALITY,
        permission=Permission.ALL_TEAM_MEMBERS,
        embedding_provider="demo",
        embedding_model="demo-embedding",
    )
    batch = new_batch()
    for name, upload in uploads:
        create_document(dataset=dataset, upload=upload, name=name, batch=batch)
    return dataset


def _make_app(workspace: Workspace, path: Path, dataset: Dataset) -> str:
    content = path.read_text(encoding="utf-8").replace("DATASET_ID", str(dataset.pk))
    return str(import_app(workspace=workspace, content=content, publish_now=True).app_id)


def _forget_leftovers(workspace: Workspace) -> None:
    """Pages a killed process had stored; whoever comes here is alone."""
    names = [path.name for _, path in pages()]
    left = UploadFile.objects.filter(
        workspace=workspace, name__in=names, created_by_user=None, created_by_end_user=None
    )
    delete_unused_uploads(left)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process is at it; the lock goes with the connection of a process that dies."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
        [is_mine] = cursor.fetchone()
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])
