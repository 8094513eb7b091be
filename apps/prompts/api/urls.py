"""Addresses below /v1."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.WelcomeView.as_view(), name="v1-welcome"),
    path("parameters", views.ParametersView.as_view(), name="v1-parameters"),
    path("info", views.InfoView.as_view(), name="v1-info"),
]
