"""Console addresses."""

from django.urls import URLPattern

app_name = "prompts"
urlpatterns: list[URLPattern] = []
