"""Sound in and out, verdicts, drawn pictures."""

from typing import ClassVar, Final

from apps.models.catalogue import Provider
from apps.models.contracts import Driver, ModelType
from apps.models.drivers._openai_audio import SILENCE
from apps.models.wire_checks import Context, NotApplicable, WireCase, expect, wire_cases

LONG_TEXT: Final = "The tide comes in and the tide goes out again. " * 120


@wire_cases.register
class Silence(WireCase):
    """The shortest recording that vendors take."""

    key: ClassVar[str] = "speech2text.silence"
    label: ClassVar[str] = "A recording of 0.2 s is heard"
    model_type: ClassVar[ModelType | None] = "speech2text"
    expects: ClassVar[str] = "A transcription, which may be empty."

    async def run(self, context: Context) -> None:
        text = await context.transcribe(SILENCE)
        expect(context.fake is None or text, "transcription_missing", "The answer holds no transcription.")


class SpeechCase(WireCase):
    """A model that speaks."""

    model_type: ClassVar[ModelType | None] = "tts"
    expects: ClassVar[str] = "MP3."

    def check(self, sound: bytes) -> None:
        """Raises CaseFailed unless it begins as MP3 does (a frame's sync word, or ID3)."""
        is_mp3 = sound[:3] == b"ID3" or (sound[:1] == b"\xff" and len(sound) > 1 and sound[1] & 0xE0 == 0xE0)
        expect(is_mp3, "speech_not_audio", f"The sound begins with {sound[:12].hex(' ')}, which is not MP3.")


@wire_cases.register
class Spoken(SpeechCase):
    """A short text."""

    key: ClassVar[str] = "tts.text"
    label: ClassVar[str] = "A text is spoken as MP3"

    async def run(self, context: Context) -> None:
        self.check(await context.speak("Hello there."))


@wire_cases.register
class Voices(SpeechCase):
    """Two voices of the catalogue."""

    key: ClassVar[str] = "tts.voices"
    label: ClassVar[str] = "Two voices of the catalogue are taken"

    async def run(self, context: Context) -> None:
        voices = [voice.key for voice in context.models["tts"].voices][:2]
        if len(voices) < 2:
            raise NotApplicable("The catalogue names fewer than two voices.")
        for voice in voices:
            self.check(await context.speak("Hello.", voice))


@wire_cases.register
class LongSpeech(SpeechCase):
    """A text of more characters than one request takes."""

    key: ClassVar[str] = "tts.long"
    label: ClassVar[str] = "A long text is spoken in parts"
    needs_fake: ClassVar[bool] = True

    async def run(self, context: Context) -> None:
        self.check(await context.speak(LONG_TEXT))


@wire_cases.register
class Harmless(WireCase):
    """A harmless text."""

    key: ClassVar[str] = "moderation.harmless"
    label: ClassVar[str] = "A harmless text is not flagged"
    model_type: ClassVar[ModelType | None] = "moderation"
    expects: ClassVar[str] = "One verdict for each text."

    async def run(self, context: Context) -> None:
        verdicts = await context.moderate(["a cup of tea", "a walk in the park"])
        expect(len(verdicts) == 2, "too_few_verdicts", f"{len(verdicts)} verdicts came for 2 texts.")
        expect(not any(verdict.is_flagged for verdict in verdicts), "harmless_flagged", "A cup of tea was flagged.")


@wire_cases.register
class Drawn(WireCase):
    """A picture of the protocol's picture models."""

    key: ClassVar[str] = "pictures.drawn"
    label: ClassVar[str] = "A picture is drawn"
    model_type: ClassVar[ModelType | None] = None
    expects: ClassVar[str] = "PNG, JPEG or WebP, in the answer or at an address that it names."
    needs_fake: ClassVar[bool] = True

    def applies(self, provider: Provider) -> bool:
        return type(provider.make_driver()).draw is not Driver.draw

    async def run(self, context: Context) -> None:
        pictures = await context.draw(
            "gpt-image-1" if context.endpoint().options["picture_format"] is None else "dall-e-3"
        )
        expect(len(pictures) == 1 and pictures[0].data, "no_picture", "No picture came.")
        expect(pictures[0].mime_type.startswith("image/"), "not_a_picture", f"{pictures[0].mime_type} came.")
