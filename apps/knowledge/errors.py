"""What can go wrong with knowledge, in words for whoever must act."""

from apps.common.errors import AppError, Conflict, Forbidden


class DatasetNameDuplicate(Conflict):
    code = "dataset_name_duplicate"
    default_message = "The dataset name already exists. Please modify your dataset name."


class DatasetInUse(Conflict):
    code = "dataset_in_use"
    default_message = "Apps still use this knowledge base. Remove it from their context first."


class DatasetNotInitialized(AppError):
    code = "dataset_not_initialized"
    default_message = "The dataset is still being initialized or indexing. Please wait a moment."


class DocumentLimitReached(Forbidden):
    code = "document_limit_reached"
    default_message = "The workspace has as many documents as it may have."


class DocumentIndexing(AppError):
    code = "document_indexing"
    default_message = "Cannot delete document during indexing."


class DocumentStateConflict(Conflict):
    code = "document_state_conflict"
    default_message = "The document is not in a state that permits this."


class ArchivedDocumentImmutable(Forbidden):
    code = "archived_document_immutable"
    default_message = "The archived document is not editable."


class InvalidAction(AppError):
    code = "invalid_action"
    default_message = "The action must be enable, disable, archive or un_archive."


class InvalidMetadata(AppError):
    code = "invalid_metadata"
    default_message = "The parameter metadata must be all, only or without."


class UnreadableFile(AppError):
    code = "invalid_file"
    default_message = "The file cannot be read."


class NoQuestions(AppError):
    code = "no_questions"
    default_message = (
        "The model made no question with an answer of any passage. Choose another chat model, or add the document as "
        "passages."
    )


class ReadingInterrupted(AppError):
    code = "reading_interrupted"
    retryable = True
    default_message = "The process that read the file was killed from outside; the machine may be short of memory."


class EtlServiceFailed(AppError):
    code = "etl_service_failed"
    retryable = True
    default_message = "The Unstructured server did not answer as it should."


class DatasetApiDisabled(Forbidden):
    default_message = "Dataset api access is not enabled."


class VectorsDoNotFit(AppError):
    code = "embedding_dimension_mismatch"
    default_message = "The embedding model's vectors do not fit this knowledge base."


class DatasetIsExternal(AppError):
    code = "dataset_is_external"
    default_message = (
        "This knowledge base is kept by an external service. Its documents are added and changed there; here it can "
        "be searched, renamed and deleted."
    )


class ExternalApiNameDuplicate(Conflict):
    code = "external_api_name_duplicate"
    default_message = "The workspace has an external knowledge API of this name. Choose another name."


class ExternalApiInUse(Conflict):
    code = "external_api_in_use"
    default_message = "Knowledge bases still use this external knowledge API. Delete them first."


class ExternalKnowledgeRefused(AppError):
    code = "external_knowledge_refused"
    default_message = "The external knowledge service refused the request."

    def __init__(self, message: str | None = None, *, is_about_access: bool = False) -> None:
        super().__init__(message)
        self.is_about_access = is_about_access  # its address or key are wrong, whatever is asked


class ExternalKnowledgeFailed(AppError):
    code = "external_knowledge_failed"
    retryable = True
    default_message = "The external knowledge service did not answer as the external knowledge API says."


class LeaseLost(Exception):
    """Another worker has the document, or it was deleted: this one must stop without a trace."""


class VectorStoreFailed(AppError):
    """A vector store of another installation that gives no answer `vdb_migrate` can use."""

    code = "vector_store_failed"
    default_message = "The vector store gave no answer that can be used."


class SourceRefused(AppError):
    code = "source_refused"
    default_message = "The source refuses this connection. Connect it again."


class SourceGone(AppError):
    code = "source_gone"
    default_message = "The source no longer has this, or this connection may not see it."


class SourceUnavailable(AppError):
    code = "source_unavailable"
    http_status = 502
    retryable = True
    default_message = "The source does not answer as it should. Try again later."


class SourceRateLimited(SourceUnavailable):
    code = "source_rate_limited"
    http_status = 429
    default_message = "The source asks for a pause."

    def __init__(self, message: str | None = None, *, retry_after_s: float = 60.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SourceNotConnected(AppError):
    code = "source_not_connected"
    default_message = "The connection to the source was removed or switched off."


class SourceDuplicate(Conflict):
    code = "source_duplicate"
    default_message = "This knowledge base has this item already. Sync its document instead."


class ConsentNotOurs(Forbidden):
    code = "consent_not_ours"
    default_message = "This consent was not asked for here, or long ago. Connect again."


class JobStopped(Exception):
    """Somebody paused or cancelled the document; what was paid for is written, nothing more is begun."""


class ModelChanged(Exception):
    """The base has taken another embedding model since these vectors were made."""
