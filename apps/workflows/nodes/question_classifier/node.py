"""Takes the way of the class that a model finds for a question."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._models import ask, history_of, json_in, metadata_of, process_data_of, with_pictures
from apps.workflows.nodes.question_classifier.config import ClassifierConfig

LEAST_CLASSES: Final = 2
TASK: Final = """You sort texts. Choose the one category that fits the text best.

Categories, as JSON:
{classes}
{instruction}
Answer with JSON alone, in this form: {{"category_id": "<its id>", "category_name": "<its name>"}}"""


@nodes.register
class QuestionClassifier(Node[ClassifierConfig]):
    """What cannot be understood of the model's answer is the first class."""

    key: ClassVar[str] = "question-classifier"
    label: ClassVar[str] = "Question classifier"
    family: ClassVar[Family] = "model"
    icon: ClassVar[str] = "split"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {"classes": [{"id": "1", "name": ""}, {"id": "2", "name": ""}]}
    Config = ClassifierConfig
    outputs: ClassVar[Mapping[str, str]] = {
        "class_name": "string",
        "class_id": "string",
        "class_label": "string",
        "usage": "object",
    }
    branches: ClassVar[bool] = True
    way_output: ClassVar[str] = "class_id"

    async def run(self, config: ClassifierConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        classes = [{"category_id": row.id, "category_name": context.pool.fill(row.name)} for row in config.classes]
        if not classes:
            raise NodeFailed("The classifier has no classes: add at least one.", "QuestionClassifierError")
        query = as_text(context.pool.value(config.query_variable_selector))
        facts = await context.services.models.describe(config.model)
        task = TASK.format(
            classes=json.dumps(classes, ensure_ascii=False), instruction=context.pool.fill(config.instruction)
        )
        asked = [PromptMessage("system", task), PromptMessage("user", query)]
        past = history_of(context, config.memory, facts, config, asked)
        messages = with_pictures(context, config, facts, [asked[0], *past, asked[1]])
        answer = await ask(context, config, messages)
        place = _chosen(classes, json_in(answer.text))
        outputs = {
            "class_name": classes[place]["category_name"],
            "class_id": classes[place]["category_id"],
            "class_label": config.classes[place].label or f"CLASS {place + 1}",
            "usage": answer.usage,
        }
        process_data = process_data_of(config.model, messages, facts, answer)
        return NodeResult(outputs, {"query": query}, process_data, config.classes[place].id, metadata_of(answer))

    @classmethod
    def missing(cls, config: ClassifierConfig) -> Iterator[str]:
        """See the base class."""
        if not config.query_variable_selector:
            yield "the question is not chosen."
        if len(config.classes) < LEAST_CLASSES:
            yield "it needs two classes at least."
        if any(not row.name.strip() for row in config.classes):
            yield "a class has no name."


def _chosen(classes: Sequence[Mapping[str, str]], said: Any) -> int:
    """The place of the class a model named."""
    found = said if isinstance(said, Mapping) else {}
    for key in ("category_id", "category_name"):
        for place, one in enumerate(classes):
            if one[key] == str(found.get(key)):
                return place
    return 0
