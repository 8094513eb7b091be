"""Speaking and listening."""

from django.utils.translation import gettext_noop as _

from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import USER, USER_IN_FORM


@sections.register
class Speech(Section):
    """Sound to text and back."""

    key, label, position = "speech", _("Speech"), 50
    endpoints = (
        Endpoint(
            "POST",
            "/audio-to-text",
            _("Turn speech into text"),
            _("At most 30 MB of mp3, mp4, mpeg, mpga, m4a, wav, webm, ogg or amr."),
            (Parameter("file", "file", _("Of a type audio/…"), required=True, where="form"), USER_IN_FORM),
            form={"user": "ada"},
            file="question.mp3",
            answer={"text": "What can you help me with?"},
            feature="speech_to_text",
        ),
        Endpoint(
            "POST",
            "/text-to-audio",
            _("Turn text into speech"),
            _("Reads an answer or any text aloud. The sound comes as it is made."),
            (
                Parameter("message_id", "UUID", _("The answer that is spoken; it goes before text.")),
                Parameter("text", "text", _("At most 50,000 characters.")),
                Parameter("voice", "text", _("Else the app's, else the model's first.")),
                Parameter("streaming", "bool", _("false: the sound comes in one piece.")),
                USER,
            ),
            body={"text": "Hello!", "user": "ada"},
            answer=_("MP3 sound (audio/mpeg)."),
            feature="text_to_speech",
        ),
    )
