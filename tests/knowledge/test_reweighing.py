"""BM25 weights of a base that changes under the worker."""

import pytest

from apps.common.perloop import run
from apps.knowledge.models import LexicalStat
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.reweighing import reweigh_if_drifted


@pytest.mark.parametrize(("chunks", "tokens", "average_length"), [(0, 0, 25.0), (0, 40, 25.0), (4, 100, 25.0)])
def test_a_base_that_was_emptied_or_did_not_drift_is_left_alone(economy, chunks, tokens, average_length):
    LexicalStat.objects.create(dataset=economy, chunks=chunks, tokens=tokens, average_length=average_length)
    assert run(reweigh_if_drifted(economy.pk)) is False


def test_deleting_all_documents_while_others_are_indexed_ends_in_no_fault(economy, add, caplog):
    documents = [add(economy, f"Text number {number}. " * 20) for number in range(3)]
    for document in documents:
        delete_document(document=document)
    assert run(reweigh_if_drifted(economy.pk)) is False
    assert "failed" not in caplog.text
