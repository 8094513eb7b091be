"""Addresses of public pages."""

from django.urls import path

from . import form_views, views

app_name = "webapp"
urlpatterns = [
    path("chat/<str:code>", views.chat, name="chat"),
    path("completion/<str:code>", views.completion, name="completion"),
    path("workflow/<str:code>", views.workflow, name="workflow"),
    path("form/<str:token>", form_views.form_page, name="form"),
    path("chatbot/<str:code>", views.chatbot, name="chatbot"),
]
