"""Closed sets of this app."""

from django.db.models import TextChoices


class AppMode(TextChoices):
    COMPLETION = "completion", "Text generator"
    CHAT = "chat", "Chat app"
    AGENT_CHAT = "agent-chat", "Agent"
    ADVANCED_CHAT = "advanced-chat", "Chatflow"
    WORKFLOW = "workflow", "Workflow"


# Modes whose runs belong to conversations.
CHAT_FAMILY = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})


class TokenKind(TextChoices):
    APP = "app", "App"
    DATASET = "dataset", "Knowledge"


class InvokeFrom(TextChoices):
    SERVICE_API = "service-api", "API"
    WEB_APP = "web-app", "Web app"
    DEBUGGER = "debugger", "Debug panel"
    CONSOLE = "console", "Console"
