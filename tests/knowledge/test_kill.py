"""Workers killed with SIGKILL at every stage: the tables end as if nothing had happened."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.perloop import run
from apps.knowledge.choices import UNFINISHED
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from tests.factories import make_workspace
from tests.knowledge.dying_worker import PLACES
from tests.knowledge.tables import everything
from tests.knowledge.texts import ONE_A_LINE, TEXT, long_text

ROOT = Path(__file__).resolve().parents[2]


def fill(dataset: Dataset) -> None:
    for text in (long_text(300), TEXT):
        create_document_from_text(dataset=dataset, name="Text", text=text, process_rule=ONE_A_LINE)


def killed_worker(place: str) -> None:
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.knowledge.dying_worker", place],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dify_project.settings.test"},
        check=False,
        timeout=60,
    )
    assert done.returncode == -9, "the worker was to die there"


@pytest.mark.parametrize(
    ("place", "technique"),
    [(place, "high_quality") for place in PLACES]
    + [(place, "economy") for place in ("segments committed", "first batch committed", "terms counted, not committed")],
)
def test_killed_and_resumed_is_as_undisturbed(workspace, place, technique):
    calm = create_dataset(workspace=workspace, name="Calm", indexing_technique=technique)
    fill(calm)
    run(index_pending())
    wanted = everything(calm)
    other = make_workspace("Other", "other@example.org")  # what one workspace has embedded is not embedded again
    stormy = create_dataset(workspace=other, name="Stormy", indexing_technique=technique)
    fill(stormy)
    killed_worker(place)
    assert Document.objects.filter(dataset=stormy, indexing_status__in=UNFINISHED).exists()
    Document.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(seconds=1))
    run(index_pending())
    assert everything(stormy) == wanted
    assert set(stormy.documents.values_list("indexing_status", flat=True)) == {"completed"}
