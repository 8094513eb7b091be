"""Console addresses."""

from django.urls import path

from .views import picker

app_name = "knowledge"
urlpatterns = [
    path("knowledge/picker", picker.picker, name="picker"),
]
