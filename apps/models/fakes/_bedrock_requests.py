"""Requests of Amazon Bedrock's runtime as its API model (2023-09-30) has them; what else they hold is refused."""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Union(_Part):
    """An object of which exactly one field is set."""

    @model_validator(mode="after")
    def _has_one_field(self) -> "_Union":
        if len(self.model_fields_set) != 1:
            raise ValueError("exactly one member of the union must be set")
        return self


class _Bytes(_Part):
    bytes: str

    @field_validator("bytes")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        base64.b64decode(value, validate=True)
        return value


class _Image(_Part):
    format: Literal["png", "jpeg", "gif", "webp"]
    source: _Bytes


class _ToolUse(_Part):
    toolUseId: str = Field(pattern=r"^[a-zA-Z0-9_.:-]{1,64}$")
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    input: dict[str, Any]


class _ResultBlock(_Union):
    text: str | None = None
    json_value: Any = Field(None, alias="json")
    image: _Image | None = None


class _ToolResult(_Part):
    toolUseId: str
    content: list[_ResultBlock] = Field(min_length=1)
    status: Literal["success", "error"] | None = None


class _ReasoningText(_Part):
    text: str
    signature: Literal["c2lnbmVkIHRob3VnaHRz"]


class _Reasoning(_Union):
    reasoningText: _ReasoningText | None = None
    redactedContent: str | None = None


class _Block(_Union):
    text: str | None = Field(None, pattern=r"\S")
    image: _Image | None = None
    toolUse: _ToolUse | None = None
    toolResult: _ToolResult | None = None
    reasoningContent: _Reasoning | None = None


class _Message(_Part):
    role: Literal["user", "assistant"]
    content: list[_Block] = Field(min_length=1)


class _System(_Part):
    text: str = Field(min_length=1)


class _Inference(_Part):
    maxTokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=1)
    topP: float | None = Field(None, ge=0, le=1)
    stopSequences: list[Annotated[str, Field(min_length=1)]] = []


class _Schema(_Part):
    json_value: dict[str, Any] = Field(alias="json")


class _ToolSpec(_Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = Field(None, min_length=1)
    inputSchema: _Schema


class _Tool(_Part):
    toolSpec: _ToolSpec


class _ToolConfig(_Part):
    tools: list[_Tool] = Field(min_length=1)
    toolChoice: dict[str, Any] | None = None


class _JsonSchema(_Part):
    schema_text: str = Field(alias="schema")
    name: str | None = None
    description: str | None = None


class _Structure(_Part):
    jsonSchema: _JsonSchema


class _TextFormat(_Part):
    type: Literal["json_schema"]
    structure: _Structure


class _OutputConfig(_Part):
    effort: str | None = None
    textFormat: _TextFormat | None = None


class Converse(_Part):
    messages: list[_Message] = Field(min_length=1)
    system: list[_System] = []
    inferenceConfig: _Inference | None = None
    toolConfig: _ToolConfig | None = None
    additionalModelRequestFields: dict[str, Any] = {}
    outputConfig: _OutputConfig | None = None


class Titan(_Part):
    inputText: str = Field(min_length=1)
    dimensions: int | None = None
    normalize: bool = True


class CohereEmbed(_Part):
    texts: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1, max_length=96)
    input_type: Literal["search_document", "search_query", "classification", "clustering"]
    output_dimension: Literal[256, 512, 1024, 1536] | None = None


class Rerank(_Part):
    query: str = Field(min_length=1)
    documents: list[str] = Field(min_length=1, max_length=1000)
    top_n: int = Field(ge=1)
    api_version: Literal[2] | None = None
