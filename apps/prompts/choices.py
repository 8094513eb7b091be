"""Closed sets of this app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AppMode(TextChoices):
    COMPLETION = "completion", _("Text generator")
    CHAT = "chat", _("Chat app")
    AGENT_CHAT = "agent-chat", _("Agent")
    ADVANCED_CHAT = "advanced-chat", _("Chatflow")
    WORKFLOW = "workflow", _("Workflow")


# Modes that are a prompt and what belongs to it; the others are graphs.
PROMPT_MODES = frozenset({AppMode.CHAT, AppMode.COMPLETION, AppMode.AGENT_CHAT})
# Modes that are a graph of nodes.
FLOW_MODES = frozenset({AppMode.ADVANCED_CHAT, AppMode.WORKFLOW})
# Modes whose runs belong to conversations.
CHAT_FAMILY = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})


class AppOrder(TextChoices):
    """How a list of apps is sorted."""

    NEWEST = "newest", _("Newest first")
    CHANGED = "changed", _("Last changed first")
    NAME = "name", _("By name")


class TokenKind(TextChoices):
    APP = "app", "App"
    DATASET = "dataset", "Knowledge"


class InvokeFrom(TextChoices):
    SERVICE_API = "service-api", "API"
    WEB_APP = "web-app", "Web app"
    DEBUGGER = "debugger", "Debug panel"
    CONSOLE = "console", "Console"


class SiteLanguage(TextChoices):
    """Languages a public page may be set to; where its texts are not translated yet, it shows English."""

    EN_US = "en-US", "English"
    DE_DE = "de-DE", "Deutsch"
    ES_ES = "es-ES", "Español"
    FR_FR = "fr-FR", "Français"
    HI_IN = "hi-IN", "हिन्दी"
    ID_ID = "id-ID", "Bahasa Indonesia"
    IT_IT = "it-IT", "Italiano"
    JA_JP = "ja-JP", "日本語"
    KO_KR = "ko-KR", "한국어"
    PL_PL = "pl-PL", "Polski"
    PT_BR = "pt-BR", "Português (Brasil)"
    RO_RO = "ro-RO", "Română"
    RU_RU = "ru-RU", "Русский"
    SL_SI = "sl-SI", "Slovenščina"
    TH_TH = "th-TH", "ไทย"
    TR_TR = "tr-TR", "Türkçe"
    UK_UA = "uk-UA", "Українська"
    VI_VN = "vi-VN", "Tiếng Việt"
    ZH_HANS = "zh-Hans", "简体中文"
    ZH_HANT = "zh-Hant", "繁體中文"
