"""Parameters and answers that several sections share."""

from django.utils.translation import gettext_noop as _

from apps.prompts.endpoints import Parameter

USER = Parameter("user", "text", _("Who asks: any name that is the same for the same person."), required=True)
USER_IN_QUERY = Parameter("user", "text", USER.about, required=True, where="query")
USER_IN_FORM = Parameter("user", "text", USER.about, required=True, where="form")
INPUTS = Parameter("inputs", "object", _("Values of the app's form, by name; unknown ones are dropped."), required=True)
MODE = Parameter(
    "response_mode",
    "text",
    _("“streaming” sends the answer as it is written, “blocking” (if absent) when it is complete."),
)
FILES = Parameter("files", "list", _("Files that go with the question, where the app takes them."))
TASK = Parameter("task_id", "UUID", _("Stands in every event of the answer."), required=True, where="path")
MESSAGE = Parameter("message_id", "UUID", _("The message."), required=True, where="path")
CONVERSATION = Parameter("conversation_id", "UUID", _("The conversation."), required=True, where="path")
LIMIT = Parameter("limit", "number", _("How many at most: 1 to 100, 20 if absent."), where="query")

SUCCESS = {"result": "success"}
ID = "01a20391-7496-7e1f-8db2-a702fc891678"
AT = 1795356209
USAGE = {
    "prompt_tokens": 275,
    "completion_tokens": 46,
    "total_tokens": 321,
    "total_price": "0.0004",
    "currency": "USD",
    "latency": 1.35,
    "time_to_first_token": 0.34,
}
METADATA = {"usage": USAGE}
STREAM_END = 'data: {"event": "message_end", "task_id": "…", "message_id": "…", "metadata": {"usage": {…}}}'
