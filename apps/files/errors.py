"""What can be wrong with an upload."""

from apps.common.errors import AppError, Forbidden, InvalidParam, NotFound, Unavailable


class NoFileUploaded(AppError):
    code = "no_file_uploaded"
    default_message = "Please upload your file."


class TooManyFiles(AppError):
    code = "too_many_files"
    default_message = "Only one file is allowed."


class FilePartMissing(AppError):
    code = "bad_request_key_error"
    default_message = "Please upload your file: a multipart/form-data request with the part file."


class FilenameMissing(AppError):
    code = "filename_not_exists_error"
    default_message = "The specified filename does not exist."


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


class FileAccessDenied(Forbidden):
    code = "file_access_denied"
    default_message = "Access to the requested file is denied."


class FileNotFound(NotFound):
    code = "file_not_found"
    default_message = "The requested file was not found."
