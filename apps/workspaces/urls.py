"""Console addresses."""

from django.urls import path

from . import views

app_name = "workspaces"
urlpatterns = [
    path("", views.home, name="home"),
    path("install", views.InstallView.as_view(), name="install"),
    path("signin", views.SignInView.as_view(), name="sign_in"),
    path("signout", views.sign_out, name="sign_out"),
    path("switch", views.switch, name="switch"),
]
