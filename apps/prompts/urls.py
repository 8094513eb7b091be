"""Console addresses."""

from django.urls import path

from .views import creating, first_steps, keys, listing, overview, settings, tags

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
    path("apps/<uuid:app_id>/publish", overview.publish_draft, name="publish"),
    path("apps/<uuid:app_id>/duplicate", overview.duplicate, name="duplicate"),
    path("apps/<uuid:app_id>/export", overview.export, name="export"),
    path("apps/<uuid:app_id>/switch", overview.switch, name="switch"),
    path("apps/<uuid:app_id>/link", overview.reset_link, name="reset_link"),
    path("apps/<uuid:app_id>/delete", overview.delete, name="delete"),
    path("apps/<uuid:app_id>/edit", settings.edit, name="edit"),
    path("apps/<uuid:app_id>/page", settings.site, name="site"),
    path("apps/<uuid:app_id>/template", settings.save_template, name="save_template"),
    path("apps/<uuid:app_id>/keys", keys.create, name="create_key"),
    path("apps/<uuid:app_id>/keys/<uuid:token_id>/revoke", keys.revoke, name="revoke_key"),
]
