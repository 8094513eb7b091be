"""Every address of the product: pages, service API (/v1), browser API (/api), files, the operators' admin."""

from django.contrib import admin
from django.urls import include, path

from . import system_page
from .health import health

handler400 = "apps.common.error_pages.bad_request"
handler403 = "apps.common.error_pages.forbidden"
handler404 = "apps.common.error_pages.not_found"
handler500 = "apps.common.error_pages.server_error"

admin.autodiscover()
urlpatterns = [
    path("health", health, name="health"),
    path("", include("apps.workspaces.urls")),
    path("", include("apps.billing.urls")),
    path("", include("apps.models.urls")),
    path("", include("apps.prompts.urls")),
    path("", include("apps.logs.urls")),
    path("", include("apps.chat.urls")),
    path("", include("apps.workflows.urls")),
    path("", include("apps.knowledge.urls")),
    path("v1/", include("apps.prompts.api.urls")),
    path("v1/", include("apps.logs.api.urls")),
    path("v1/", include("apps.chat.api.urls")),
    path("triggers/", include("apps.chat.api.trigger_urls")),
    path("v1/", include("apps.knowledge.api.urls")),
    path("", include("apps.files.urls")),
    path("", include("apps.webapp.urls")),
    path("api/", include("apps.webapp.api.urls")),
    path("operator/system", admin.site.admin_view(system_page.show), name="system"),
    path("operator/system/retry", admin.site.admin_view(system_page.retry), name="system_retry"),
    path("operator/", admin.site.urls),
]
