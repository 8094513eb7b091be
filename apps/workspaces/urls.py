"""Console addresses."""

from django.urls import path

from .views import find, front

app_name = "workspaces"
urlpatterns = [
    path("", front.home, name="home"),
    path("install", front.InstallView.as_view(), name="install"),
    path("signin", front.SignInView.as_view(), name="sign_in"),
    path("signout", front.sign_out, name="sign_out"),
    path("switch", front.switch, name="switch"),
    path("find", find.find, name="find"),
]
