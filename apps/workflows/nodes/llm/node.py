"""Asks a model for a text, piece by piece."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import ModelAnswer, ModelFacts, PromptMessage
from apps.workflows.nodes._models import EMPTY, metadata_of, model_of, process_data_of, usage_of
from apps.workflows.nodes.llm.config import LlmConfig
from apps.workflows.nodes.llm.objects import ERROR as NO_OBJECT
from apps.workflows.nodes.llm.objects import asking_again, asking_for, in_json_mode, read
from apps.workflows.nodes.llm.prompt import as_context, messages_of
from apps.workflows.nodes.llm.thoughts import Thoughts

ERROR: Final = "LLMNodeError"
SEPARATED: Final = "separated"


@nodes.register
class Llm(Node[LlmConfig]):
    """The prompt's messages in their order; with memory, the conversation and the question follow."""

    key: ClassVar[str] = "llm"
    label: ClassVar[str] = "LLM"
    family: ClassVar[Family] = "model"
    icon: ClassVar[str] = "bot"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {"prompt_template": [{"role": "system", "text": ""}]}
    Config = LlmConfig
    outputs: ClassVar[Mapping[str, str]] = {
        "text": "string",
        "usage": "object",
        "finish_reason": "string",
        "reasoning_content": "string",
        "structured_output": "object",
        "files": "array[file]",
    }
    streams: ClassVar[bool] = True

    async def run(self, config: LlmConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        knowledge = context.pool.value(config.context.variable_selector) if config.context.enabled else None
        inputs = {"#context#": as_context(knowledge)} if knowledge else {}
        facts = await context.services.models.describe(config.model)
        messages = await messages_of(config, context, facts, knowledge)
        if not messages:
            raise NodeFailed("The prompt is empty: write a message.", ERROR, inputs=inputs)
        call = Call(config, context, facts, messages)
        await call.make()
        outputs = {
            "text": call.thoughts.answer if config.reasoning_format == SEPARATED else call.answers[0].text,
            "usage": usage_of(*call.answers),
            "finish_reason": call.answers[-1].finish_reason,
            "reasoning_content": call.thoughts.thoughts,
            **({"structured_output": call.found} if config.wanted_schema is not None else {}),
            "files": [],
        }
        return NodeResult(
            outputs,
            inputs,
            process_data_of(config.model, call.messages, facts, *call.answers),
            metadata=metadata_of(*call.answers),
            citations=_passages(knowledge),
        )

    @classmethod
    def missing(cls, config: LlmConfig) -> Iterator[str]:
        """See the base class."""
        if not any(row.text.strip() or row.jinja2_text.strip() for row in config.prompt_template) and not config.memory:
            yield "the prompt is empty."
        if config.context.enabled and not config.context.variable_selector:
            yield "its context is not chosen."


class Call:
    """The model's answer, and a second one where the first is not the object that is wanted."""

    def __init__(
        self, config: LlmConfig, context: NodeContext, facts: ModelFacts, messages: Sequence[PromptMessage]
    ) -> None:
        self._config, self._context, self._facts = config, context, facts
        self._model = model_of(config, context.pool)
        self.messages = list(messages)
        self.answers: list[ModelAnswer] = []
        self.thoughts = Thoughts()
        self.found: Any = None

    async def make(self) -> None:
        """Asks. Raises NodeFailed: the model's own error, no answer, no such object."""
        schema = self._config.wanted_schema
        if schema is None:
            self.answers.append(await self._ask(is_told=True))
            return
        self.messages = asking_for(schema, self.messages)
        self._model = in_json_mode(self._model, self._facts)
        self.answers.append(await self._ask(is_told=True))
        self.found, why = read(self.answers[0].text, schema)
        if why:
            self.messages = asking_again(self.messages, self.answers[0].text, why)
            self.answers.append(await self._ask(is_told=False))
            self.found, why = read(self.answers[-1].text, schema)
        if why:
            data = process_data_of(self._config.model, self.messages, self._facts, *self.answers)
            raise NodeFailed(f"The model's answer does not follow the schema: {why}", NO_OBJECT, process_data=data)

    async def _ask(self, *, is_told: bool) -> ModelAnswer:
        answer: ModelAnswer | None = None
        detail = self._config.vision.configs.detail
        async for piece in self._context.services.models.ask(self._model, self.messages, detail=detail):
            if isinstance(piece, ModelAnswer):
                answer = piece
            elif is_told:
                self._tell(piece)
        if is_told and self._config.reasoning_format == SEPARATED:
            self._emit(self.thoughts.end())
        if answer is None:
            raise NodeFailed(EMPTY, ERROR)
        return answer

    def _tell(self, piece: str) -> None:
        self._emit(self.thoughts.take(piece) if self._config.reasoning_format == SEPARATED else piece)

    def _emit(self, text: str) -> None:
        if text:
            self._context.emit(text)


def _passages(knowledge: Any) -> list[Mapping[str, Any]]:
    """What of a context came from knowledge bases."""
    rows = [row for row in knowledge if isinstance(row, Mapping)] if isinstance(knowledge, list) else []
    return [row for row in rows if isinstance(row.get("metadata"), Mapping)]
