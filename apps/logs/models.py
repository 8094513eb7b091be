"""Tables of conversations and messages, written by `logs.writer` alone.

The hot tables reference workspace, app, version and end user without database constraints: each would lock
the same few rows at every turn. Deleting an app deletes its rows in `logs.services`.
"""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id

from .choices import FeedbackSource, FlowStatus, FormStatus, MessageStatus, Rating


class Conversation(models.Model):
    """A thread of messages between one caller and one app."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    invoke_from = models.CharField(max_length=16)
    end_user_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    name = models.CharField(max_length=255, default="New conversation")
    inputs = models.JSONField(default=dict)
    introduction = models.TextField(blank=True)
    variables = models.JSONField(default=dict, help_text="conversation variables that a chatflow has changed")
    status = models.CharField(max_length=16, default="normal")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    pinned_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["app_id", "end_user_id", "-updated_at"], name="logs_conversation_of_user"),
            models.Index(fields=["app_id", "-created_at"], name="logs_conversation_recent"),
        ]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One turn: what was asked, sent and answered, what it cost, how it ended. It is the run's row too."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    version_id = models.UUIDField()
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="messages")
    parent_message_id = models.UUIDField(null=True)
    task_id = models.UUIDField(unique=True)
    invoke_from = models.CharField(max_length=16)
    end_user_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    inputs = models.JSONField(default=dict)
    query = models.TextField(blank=True)
    prompt = models.JSONField(default=list, help_text="the messages sent to the model")
    answer = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=MessageStatus, default=MessageStatus.RUNNING)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    provider = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=255, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    total_price = models.DecimalField(max_digits=14, decimal_places=7, default=0)
    currency = models.CharField(max_length=8, default="USD")
    reserved_price = models.DecimalField(
        max_digits=14, decimal_places=7, default=0, help_text="held for the run's budget until it ends"
    )
    latency_s = models.FloatField(default=0)
    time_to_first_token_s = models.FloatField(null=True)
    metadata = models.JSONField(default=dict, help_text="usage and retriever_resources as sent in message_end")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "created_at"], name="logs_message_in_conversation"),
            models.Index(fields=["app_id", "-created_at"], name="logs_message_recent"),
            models.Index(fields=["lease_until"], condition=models.Q(status="running"), name="logs_message_running"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_paused(self) -> bool:
        """Its flow waits for a person; no process has it."""
        return self.status == MessageStatus.RUNNING and self.lease_until is None


class MessageFile(models.Model):
    """A file of a turn: sent with the question, or made by the answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    message = models.ForeignKey(Message, models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=16, help_text="image, document, audio, video, custom")
    transfer_method = models.CharField(max_length=16)
    belongs_to = models.CharField(max_length=16, default="user")
    url = models.TextField(blank=True, help_text="of a remote file")
    upload_file_id = models.UUIDField(null=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "belongs_to", "position"], name="logs_message_file_position"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.position}"


class Feedback(models.Model):
    """What somebody thought of an answer: its reader, and apart from them an operator."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    conversation_id = models.UUIDField(null=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="feedbacks")
    rating = models.CharField(max_length=16, choices=Rating)
    content = models.TextField(blank=True)
    source = models.CharField(max_length=16, choices=FeedbackSource)
    end_user_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "source"], name="logs_feedback_once")]
        indexes = [models.Index(fields=["app_id", "-created_at"], name="logs_feedback_recent")]

    def __str__(self) -> str:
        return self.rating


class SavedMessage(models.Model):
    """An answer that a visitor of a text generator keeps."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    message = models.ForeignKey(Message, models.CASCADE, related_name="saved")
    end_user_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "end_user_id"], name="logs_saved_once")]
        indexes = [models.Index(fields=["app_id", "end_user_id", "-created_at"], name="logs_saved_recent")]

    def __str__(self) -> str:
        return str(self.message_id)


class Annotation(models.Model):
    """A better answer to a question, written by a member: to an answer of the log, or by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    conversation_id = models.UUIDField(null=True)
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="annotation")
    question = models.TextField()
    answer = models.TextField()
    hit_count = models.PositiveIntegerField(default=0)
    account_id = models.UUIDField(null=True, help_text="who wrote it")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["app_id", "-created_at"], name="logs_annotation_recent")]

    def __str__(self) -> str:
        return self.question[:60]


class WorkflowRun(models.Model):
    """One run of a workflow, or of a chatflow's turn: what went in and came out, what it cost, how it ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    version_id = models.UUIDField()
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True, help_text="the turn of a chatflow")
    task_id = models.UUIDField(unique=True)
    invoke_from = models.CharField(max_length=16)
    end_user_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    inputs = models.JSONField(default=dict)
    outputs = models.JSONField(null=True)
    status = models.CharField(max_length=24, choices=FlowStatus, default=FlowStatus.RUNNING)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    elapsed_s = models.FloatField(default=0)
    total_tokens = models.PositiveBigIntegerField(default=0)
    total_price = models.DecimalField(max_digits=14, decimal_places=7, default=0)
    currency = models.CharField(max_length=8, default="USD")
    total_steps = models.PositiveIntegerField(default=0)
    exceptions_count = models.PositiveIntegerField(default=0, help_text="failures that the flow itself handled")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["app_id", "-created_at"], name="logs_run_recent"),
            models.Index(
                fields=["message_id"], condition=models.Q(message_id__isnull=False), name="logs_run_of_message"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(status="running"), name="logs_run_running"),
            models.Index(
                fields=["app_id", "account_id", "-created_at"],
                condition=models.Q(invoke_from="debugger"),
                name="logs_run_tried",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class NodeRun(models.Model):
    """One node of a run, once for each time it ran; written when the run ends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField()
    run = models.ForeignKey(WorkflowRun, models.CASCADE, related_name="nodes", db_index=False)
    index = models.PositiveIntegerField(help_text="1, 2, 3 ... in the order they began")
    node_id = models.CharField(max_length=255)
    node_type = models.CharField(max_length=64)
    title = models.CharField(max_length=255, blank=True)
    predecessor_node_id = models.CharField(max_length=255, blank=True)
    inside_node_id = models.CharField(max_length=255, blank=True, help_text="the iteration or loop it belongs to")
    inputs = models.JSONField(null=True)
    process_data = models.JSONField(null=True)
    outputs = models.JSONField(null=True)
    status = models.CharField(max_length=24)
    error = models.TextField(blank=True)
    elapsed_s = models.FloatField(default=0)
    metadata = models.JSONField(null=True, help_text="execution_metadata of the node's last event")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="logs_node_run_index")]
        indexes = [models.Index(fields=["app_id"], name="logs_node_run_of_app")]

    def __str__(self) -> str:
        return f"{self.index}. {self.title}"


class BigValue(models.Model):
    """A field that is too big for the row of its run or node, whole; that row holds the start of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField(db_index=True)
    run = models.ForeignKey(WorkflowRun, models.CASCADE, related_name="big_values", db_index=False)
    node_index = models.PositiveIntegerField(help_text="of the node in its run; 0 for the run itself")
    field = models.CharField(max_length=16, help_text="inputs, process_data, outputs or metadata")
    content = models.TextField(help_text="JSON, without secrets")
    characters = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node_index", "field"], name="logs_big_value_place")]

    def __str__(self) -> str:
        return f"{self.node_index} {self.field}"


class PausedRun(models.Model):
    """What a run that waits for people goes on from; gone once it does."""

    run = models.OneToOneField(WorkflowRun, models.CASCADE, primary_key=True, related_name="pause")
    workspace_id = models.UUIDField()
    app_id = models.UUIDField(db_index=True)
    state = models.BinaryField(help_text="JSON, sealed with the workspace's key: variables may hold secrets")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return str(self.pk)


class HumanForm(models.Model):
    """A form that a run waits for; its token is all one needs to fill it in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app_id = models.UUIDField(db_index=True)
    run = models.ForeignKey(WorkflowRun, models.CASCADE, related_name="forms")
    node_id = models.CharField(max_length=255)
    node_title = models.CharField(max_length=255, blank=True)
    token = models.CharField(max_length=64, unique=True)
    content = models.TextField(blank=True, help_text="Markdown")
    inputs = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    defaults = models.JSONField(default=dict)
    status = models.CharField(max_length=16, choices=FormStatus, default=FormStatus.WAITING)
    action_id = models.CharField(max_length=64, blank=True)
    values = models.JSONField(default=dict)
    is_used = models.BooleanField(default=False, help_text="its run has gone on with what was filled in")
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(status="waiting"), name="logs_form_waiting")]

    def __str__(self) -> str:
        return self.node_title or self.node_id
