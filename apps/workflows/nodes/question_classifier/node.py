"""Takes the way of the class that a model finds for a question."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._models import ask, json_in, metadata_of, process_data_of

TASK: Final = """You sort texts. Choose the one category that fits the text best.

Categories, as JSON:
{classes}
{instruction}
Answer with JSON alone, in this form: {{"category_id": "<its id>", "category_name": "<its name>"}}"""


@nodes.register
class QuestionClassifier(Node[NodeConfig]):
    """What cannot be understood of the model's answer is the first class."""

    key: ClassVar[str] = "question-classifier"
    label: ClassVar[str] = "Question classifier"
    branches: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        data, pool = context.data, context.pool
        classes = [_class(row, context) for row in data.get("classes") or () if isinstance(row, Mapping)]
        if not classes:
            raise NodeFailed("The classifier has no classes: add at least one.", "QuestionClassifierError")
        query = as_text(pool.value(data.get("query_variable_selector") or ()))
        instruction = pool.fill(str(data.get("instruction") or data.get("instructions") or ""))
        task = TASK.format(classes=json.dumps(classes, ensure_ascii=False), instruction=instruction)
        messages = [PromptMessage("system", task), PromptMessage("user", query)]
        answer = await ask(context, messages)
        chosen = _chosen(classes, json_in(answer.text))
        outputs = {"class_name": chosen["category_name"], "class_id": chosen["category_id"], "usage": answer.usage}
        process_data = process_data_of(data.get("model") or {}, messages, answer)
        return NodeResult(outputs, {"query": query}, process_data, chosen["category_id"], metadata_of(answer))


def _class(row: Mapping[str, Any], context: NodeContext) -> dict[str, str]:
    return {"category_id": str(row.get("id")), "category_name": context.pool.fill(str(row.get("name") or ""))}


def _chosen(classes: Sequence[Mapping[str, str]], said: Any) -> Mapping[str, str]:
    found = said if isinstance(said, Mapping) else {}
    by_id = next((one for one in classes if one["category_id"] == str(found.get("category_id"))), None)
    by_name = next((one for one in classes if one["category_name"] == found.get("category_name")), None)
    return by_id or by_name or classes[0]
