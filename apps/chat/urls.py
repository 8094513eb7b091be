"""Console addresses."""

from django.urls import path

from .api import debug as shared
from .views import chat, debug, trials

app_name = "chat"
MESSAGE = "apps/<uuid:app_id>/debug/messages/<uuid:message_id>"
urlpatterns = [
    path("apps/<uuid:app_id>/chat", chat.chat_page, name="chat_page"),
    path("apps/<uuid:app_id>/debug/files", debug.upload, name="debug_upload"),
    path("apps/<uuid:app_id>/debug/nodes/<str:node_id>", debug.step, name="debug_step"),
    path("apps/<uuid:app_id>/debug/speech", shared.speech, name="debug_speech"),
    path("apps/<uuid:app_id>/debug/transcript", shared.transcript, name="debug_transcript"),
    path("apps/<uuid:app_id>/triggers/<uuid:trigger_id>/test", trials.try_trigger, name="try_trigger"),
    path(f"{MESSAGE}/prompt", debug.prompt_log, name="debug_prompt"),
    path(f"{MESSAGE}/rating", debug.rate, name="debug_rating"),
    path(f"{MESSAGE}/suggestions", shared.suggestions, name="debug_suggestions"),
]
