"""What OpenAI's protocol takes: requests as its API reference states them (read in November 2026), in strict models."""

import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.models.fake_servers import Refused

AUDIO_FORMATS: Final = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
_NAME: Final = r"^[a-zA-Z0-9_-]{1,64}$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Text(_Part):
    type: Literal["text"]
    text: str


class _ImageUrl(_Part):
    url: str = Field(pattern=r"^(https?://\S+|data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*)$")
    detail: Literal["auto", "low", "high"] = "auto"


class _Image(_Part):
    type: Literal["image_url"]
    image_url: _ImageUrl


class _Called(_Part):
    name: str = Field(pattern=_NAME)
    arguments: str


class _Call(_Part):
    id: str = Field(min_length=1)
    type: Literal["function"]
    function: _Called


class _Message(_Part):
    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[Annotated[_Text | _Image, Field(discriminator="type")]] | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = Field(None, min_length=1)
    tool_call_id: str | None = None
    function_call: _Called | None = None

    @property
    def text(self) -> str:
        """Its texts as one."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if isinstance(part, _Text))
        return self.content or ""


class _Function(_Part):
    name: str = Field(pattern=_NAME)
    description: str | None = None
    parameters: dict[str, Any] = {}
    strict: bool | None = None


class _Tool(_Part):
    type: Literal["function"]
    function: _Function


class _Schema(_Part):
    name: str = Field(pattern=_NAME)
    description: str | None = None
    json_schema: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class _TextFormat(_Part):
    type: Literal["text", "json_object"]


class _SchemaFormat(_Part):
    type: Literal["json_schema"]
    json_schema: _Schema


class _StreamOptions(_Part):
    include_usage: bool = False
    include_obfuscation: bool = False


class _Sampled(_Part):
    model: str = Field(min_length=1)
    stream: bool = False
    stream_options: _StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: Literal[1] = 1
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    max_tokens: int | None = Field(None, ge=1)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, int] | None = None
    seed: int | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _options_need_a_stream(self) -> "_Sampled":
        if self.stream_options and not self.stream:
            raise ValueError("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
        return self

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with counts."""
        return bool(self.stream_options and self.stream_options.include_usage)


class Completion(_Sampled):
    """The older completions."""

    prompt: str
    echo: bool = False
    suffix: str | None = None


class Chat(_Sampled):
    """Chat completions."""

    messages: list[_Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    response_format: Annotated[_TextFormat | _SchemaFormat, Field(discriminator="type")] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    tools: list[_Tool] | None = Field(None, min_length=1)
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    functions: list[_Function] | None = Field(None, min_length=1)
    function_call: str | dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None

    @property
    def tool_names(self) -> Sequence[str]:
        """What it may call."""
        if self.tool_choice == "none":
            return ()
        tools = [tool.function for tool in self.tools or ()]
        return [function.name for function in [*tools, *(self.functions or ())]]

    @property
    def has_results(self) -> bool:
        """Whether it ends with results of calls."""
        return self.messages[-1].role in ("tool", "function")

    @property
    def wants_json(self) -> bool:
        """Whether the answer shall be JSON."""
        return self.response_format is not None and self.response_format.type != "text"


class Embedding(_Part):
    """Embeddings."""

    model: str = Field(min_length=1)
    input: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=2048)]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1)
    user: str | None = None


class MiniMaxEmbedding(_Part):
    """MiniMax's embeddings."""

    model: str = Field(min_length=1)
    texts: list[str] = Field(min_length=1, max_length=4096)
    type: Literal["db", "query"]


class Speech(_Part):
    """Text to speech."""

    model: str = Field(min_length=1)
    input: str = Field(min_length=1, max_length=4096)
    voice: str = Field(min_length=1)
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4)
    instructions: str | None = None


class _VoiceSetting(_Part):
    voice_id: str = Field(min_length=1)
    speed: float = Field(1.0, ge=0.5, le=2)


class _AudioSetting(_Part):
    format: Literal["mp3", "pcm", "flac", "wav"] = "mp3"
    sample_rate: int | None = None


class MiniMaxSpeech(_Part):
    """MiniMax's "T2A v2"."""

    model: str = Field(min_length=1)
    text: str = Field(min_length=1, max_length=9999)
    stream: bool = False
    output_format: Literal["hex", "url"] = "hex"
    voice_setting: _VoiceSetting
    audio_setting: _AudioSetting = _AudioSetting()


class Moderation(_Part):
    """Moderations."""

    model: str = "omni-moderation-latest"
    input: str | list[str]


class Drawing(_Part):
    """Pictures."""

    model: str = "dall-e-2"
    prompt: str = Field(min_length=1)
    n: int = Field(1, ge=1, le=10)
    size: str = Field("auto", pattern=r"^(auto|\d+x\d+)$")
    quality: str | None = None
    response_format: Literal["url", "b64_json"] | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _format_is_known(self) -> "Drawing":
        if self.response_format and self.model.startswith("gpt-image-"):
            raise ValueError("Unknown parameter: 'response_format'.")
        return self


M = TypeVar("M", bound=BaseModel)


def read(kind: type[M], body: bytes, extra: frozenset[str]) -> M:
    """A request's body.

    Args:
        extra: fields of the vendor's own that it may have besides, also in its messages.

    Raises:
        Refused: with the first thing that is wrong.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(fields, dict):
        raise Refused(400, "The body is not an object.")
    try:
        return kind.model_validate_json(orjson.dumps(_without(fields, extra)))
    except ValidationError as error:
        raise _refused(error) from error


def check_chat(asked: Chat) -> None:
    """What no field by itself tells. Raises Refused."""
    if asked.max_tokens and asked.max_completion_tokens:
        raise Refused(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    _check_turns(asked.messages)
    wanted = asked.response_format
    if (
        wanted
        and wanted.type == "json_object"
        and not re.search("json", " ".join(m.text for m in asked.messages), re.I)
    ):
        raise Refused(
            400, "'messages' must contain the word 'json' in some form, to use 'response_format' json_object."
        )
    if isinstance(wanted, _SchemaFormat) and wanted.json_schema.strict:
        _check_strict(wanted.json_schema.json_schema)


def form_of(content_type: str, body: bytes) -> Mapping[str, tuple[str | None, bytes]]:
    """The fields of a form by name: file name, where it is a file, and value. Raises Refused: it is none."""
    if not content_type.startswith("multipart/form-data"):
        raise Refused(400, "The request must be multipart/form-data.")
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not form.is_multipart():
        raise Refused(400, "The form cannot be read.")
    fields = {}
    for part in form.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        fields[str(name)] = (part.get_filename(), value if isinstance(value, bytes) else b"")
    return fields


def _without(fields: Mapping[str, Any], extra: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if name not in extra}
    if isinstance(kept.get("messages"), list):
        kept["messages"] = [
            {name: value for name, value in message.items() if name not in extra} for message in kept["messages"]
        ]
    return kept


def _refused(error: ValidationError) -> Refused:
    first = max(error.errors(), key=lambda one: len(one["loc"]))  # of the forms that a field may have: the likeliest
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return Refused(400, f"Unrecognized request argument supplied: {where}")
    return Refused(400, f"{where}: {first['msg']}")


def _check_turns(messages: Sequence[_Message]) -> None:
    """Calls are answered at once and each; results follow calls."""
    wanted: set[str] = set()
    for number, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in wanted:
                raise Refused(400, f"messages.[{number}]: 'tool' must follow a message with its 'tool_calls'")
            wanted.discard(message.tool_call_id)
            continue
        if wanted:
            raise Refused(400, f"messages.[{number}]: 'tool_calls' must be followed by tool messages for {wanted}")
        if message.role == "function" and not message.name:
            raise Refused(400, f"messages.[{number}]: 'function' messages need a name")
        if message.content is None and not (message.tool_calls or message.function_call):
            raise Refused(400, f"messages.[{number}].content: expected a string, got null")
        wanted = {call.id for call in message.tool_calls or ()}
    if wanted:
        raise Refused(400, f"'tool_calls' must be followed by tool messages for {wanted}")


def _check_strict(schema: Any) -> None:
    if not isinstance(schema, Mapping):
        return
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise Refused(400, "Invalid schema: 'additionalProperties' is required to be supplied and to be false.")
        if set(schema.get("required", ())) != set(schema.get("properties", ())):
            raise Refused(400, "Invalid schema: 'required' must hold every key in properties.")
    for part in schema.values():
        for item in part if isinstance(part, list) else [part]:
            _check_strict(item)
