"""Addresses below /triggers."""

from django.urls import path

from . import triggers

urlpatterns = [
    path("webhook/<str:token>", triggers.webhook, name="webhook"),
    path("webhook-debug/<str:token>", triggers.debug, name="webhook-debug"),
]
