"""Vectors: of the base's own model, all of one dimension."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

# While another model's vectors are being made, both are there.
_FOREIGN = """
knowledge_segmentembedding x where not exists (
    select from knowledge_dataset b where b.id = x.dataset_id and b.indexing_technique = 'high_quality'
    and x.model = b.embedding_provider || '/' || b.embedding_model
) and not exists (select from knowledge_indexchange c where c.dataset_id = x.dataset_id)"""


@fsck_checks.register
class VectorsCheck(SqlCheck):
    """Models and dimensions."""

    key, label = "knowledge.vectors", "Vectors"
    problems = (
        Problem(
            "of_another_model",
            "Vectors of a model that is not their base's.",
            f"select x.segment_id || ' ' || x.model from {_FOREIGN}",
            (f"delete from {_FOREIGN}",),
        ),
        Problem(
            "dimension",
            "Vectors whose row names another dimension than they have.",
            "select segment_id::text from knowledge_segmentembedding where dim <> vector_dims(embedding)",
            ("update knowledge_segmentembedding set dim = vector_dims(embedding) where dim <> vector_dims(embedding)",),
        ),
        Problem(
            "several_dimensions",
            "Knowledge bases with vectors of several dimensions of one model. Index their documents again.",
            "select dataset_id || ' ' || model from knowledge_segmentembedding"
            " group by dataset_id, model having min(dim) <> max(dim)",
        ),
    )
