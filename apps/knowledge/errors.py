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


class LeaseLost(Exception):
    """Another worker has the document, or it was deleted: this one must stop without a trace."""


class JobStopped(Exception):
    """Somebody paused or cancelled the document; what was paid for is written, nothing more is begun."""


class ModelChanged(Exception):
    """The base has taken another embedding model since these vectors were made."""
