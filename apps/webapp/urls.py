"""Addresses of public pages."""

from django.urls import path

from . import views

app_name = "webapp"
urlpatterns = [
    path("chat/<str:code>", views.chat, name="chat"),
    path("completion/<str:code>", views.completion, name="completion"),
    path("chatbot/<str:code>", views.chatbot, name="chatbot"),
]
