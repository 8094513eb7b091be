"""Console addresses."""

from django.urls import path

from . import views

app_name = "chat"
urlpatterns = [path("apps/<uuid:app_id>/chat", views.chat_page, name="chat_page")]
