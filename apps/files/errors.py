"""What can be wrong with an upload."""

from apps.common.errors import AppError, InvalidParam, Unavailable


class EmptyFile(InvalidParam):
    default_message = "The file is empty."


class UnsupportedFileType(AppError):
    code = "unsupported_file_type"
    http_status = 415
    default_message = "File type not allowed."


class StorageUnavailable(Unavailable):
    default_message = "The file could not be stored. Please try again; if it lasts, check the storage's free space."


class FileMissing(AppError):
    code = "file_missing"
    default_message = "The stored file is no longer there."
