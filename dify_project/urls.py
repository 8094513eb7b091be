"""Every address of the product: console pages, the service API below /v1, the operators' admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("apps.workspaces.urls")),
    path("", include("apps.models.urls")),
    path("", include("apps.prompts.urls")),
    path("", include("apps.chat.urls")),
    path("v1/", include("apps.prompts.api.urls")),
    path("v1/", include("apps.chat.api.urls")),
    path("v1/", include("apps.knowledge.api.urls")),
    path("operator/", admin.site.urls),
]
