"""What can go wrong with runs, with speech and with what follows an answer."""

from apps.common.errors import AppError, Forbidden


class NoAudioUploaded(AppError):
    code = "no_audio_uploaded"
    default_message = "Please upload your audio."


class AudioTooLarge(AppError):
    code = "audio_too_large"
    http_status = 413
    default_message = "Audio size larger than 30 mb"


class UnsupportedAudioType(AppError):
    code = "unsupported_audio_type"
    http_status = 415
    default_message = "Audio type not allowed."


class SpeechNotSupported(AppError):
    code = "provider_not_support_speech_to_text"
    default_message = "Provider not support speech to text."


class MoreLikeThisDisabled(Forbidden):
    code = "app_more_like_this_disabled"
    default_message = "More like this is switched off for this app. Reload the page."


class UpstreamMissing(AppError):
    """A run that begins in the middle needs values of nodes that have brought none."""

    code = "upstream_missing"
    default_message = "A node before this one has brought nothing yet. Run it first."
