"""Addresses below /v1."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.WelcomeView.as_view(), name="v1-welcome"),
    path("parameters", views.ParametersView.as_view(), name="v1-parameters"),
    path("info", views.InfoView.as_view(), name="v1-info"),
    path("meta", views.MetaView.as_view(), name="v1-meta"),
    path("site", views.SiteView.as_view(), name="v1-site"),
    path("end-users/<str:end_user_id>", views.EndUserView.as_view(), name="v1-end-user"),
    path("files/upload", views.UploadView.as_view(), name="v1-upload"),
]
