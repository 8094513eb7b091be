"""Console addresses."""

from django.urls import path

from . import views

app_name = "prompts"
urlpatterns = [path("apps", views.app_list, name="app_list")]
