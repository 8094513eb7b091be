"""Console addresses."""

from django.urls import path

from .views import (
    api_access,
    creating,
    first_steps,
    keys,
    listing,
    orchestrate,
    overview,
    settings,
    tags,
    versions,
)

app_name = "prompts"
urlpatterns = [
    path("apps", listing.app_list, name="app_list"),
    path("apps/first-steps/hide", first_steps.put_away, name="put_steps_away"),
    path("apps/new", creating.new_app, name="new_app"),
    path("apps/new/blank", creating.create_blank, name="create_blank"),
    path("apps/new/file", creating.create_from_file, name="create_from_file"),
    path("apps/new/template", creating.use_template, name="use_template"),
    path("apps/templates/<uuid:template_id>/delete", creating.remove_template, name="delete_template"),
    path("apps/tags", tags.tag_list, name="tags"),
    path("apps/tags/<uuid:tag_id>/rename", tags.rename, name="rename_tag"),
    path("apps/tags/<uuid:tag_id>/delete", tags.delete, name="delete_tag"),
    path("apps/<uuid:app_id>", overview.overview, name="overview"),
    path("apps/<uuid:app_id>/orchestrate", orchestrate.orchestrate, name="orchestrate"),
    path("apps/<uuid:app_id>/draft", orchestrate.draft, name="draft"),
    path("apps/<uuid:app_id>/expert", orchestrate.expert, name="expert"),
    path("apps/<uuid:app_id>/design", orchestrate.design, name="design"),
    path("apps/<uuid:app_id>/publish", overview.publish_draft, name="publish"),
    path("apps/<uuid:app_id>/duplicate", overview.duplicate, name="duplicate"),
    path("apps/<uuid:app_id>/export", overview.export, name="export"),
    path("apps/<uuid:app_id>/switch", overview.switch, name="switch"),
    path("apps/<uuid:app_id>/link", overview.reset_link, name="reset_link"),
    path("apps/<uuid:app_id>/delete", overview.delete, name="delete"),
    path("apps/<uuid:app_id>/edit", settings.edit, name="edit"),
    path("apps/<uuid:app_id>/page", settings.site, name="site"),
    path("apps/<uuid:app_id>/template", settings.save_template, name="save_template"),
    path("apps/<uuid:app_id>/publishing", versions.publishing, name="publishing"),
    path("apps/<uuid:app_id>/versions", versions.version_list, name="versions"),
    path("apps/<uuid:app_id>/versions/<int:number>", versions.version_page, name="version"),
    path("apps/<uuid:app_id>/versions/<int:number>/restore", versions.restore_version, name="restore_version"),
    path("apps/<uuid:app_id>/versions/<int:number>/publish", versions.publish_version, name="publish_version"),
    path("apps/<uuid:app_id>/qr.svg", overview.qr_code, name="qr"),
    path("apps/<uuid:app_id>/api", api_access.api_access, name="api"),
    path("apps/<uuid:app_id>/keys", keys.create, name="create_key"),
    path("apps/<uuid:app_id>/keys/<uuid:token_id>/revoke", keys.revoke, name="revoke_key"),
]
