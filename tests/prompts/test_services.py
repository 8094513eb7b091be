"""Apps, versions and app files through their services and commands, on Postgres."""

import io
import json

import pytest
from django.core.management import call_command

from apps.common.errors import InvalidParam, NotFound
from apps.prompts.errors import AppUnavailable, NewerAppFile
from apps.prompts.models import App, AppVersion
from apps.prompts.services.apps import create_app, update_app
from apps.prompts.services.transfer import export_app, import_app
from apps.prompts.services.versions import KEPT_DRAFTS, publish, restore, save_draft
from apps.workspaces.models import AuditEvent
from tests.factories import make_app, make_workspace

pytestmark = pytest.mark.django_db

FILE = """
app: {name: Guide, mode: chat, icon: "📚", description: Knows the manual, use_icon_as_answer_icon: true}
kind: app
version: 0.1.5
model_config:
  model: {provider: demo, name: demo-chat, mode: chat, completion_params: {}}
  pre_prompt: "Help {{name}}."
"""


@pytest.fixture
def workspace():
    return make_workspace()


def test_a_new_app_has_a_draft_and_nothing_published(workspace):
    app = create_app(workspace=workspace, name=" Guide ", mode="chat", config={"pre_prompt": "x"})
    assert (app.name, app.draft.number, app.published) == ("Guide", 1, None)
    assert AuditEvent.objects.filter(action="app.create", object_id=app.id).exists()


@pytest.mark.parametrize(("name", "mode"), [("", "chat"), (" \x00 ", "chat"), ("Guide", "poem")])
def test_an_app_needs_a_name_and_a_known_mode(workspace, name, mode):
    with pytest.raises(InvalidParam):
        create_app(workspace=workspace, name=name, mode=mode, config={})
    assert App.objects.count() == 0


def test_publishing_restoring_and_rolling_back_move_pointers_between_immutable_versions(workspace):
    app = make_app(workspace, {"pre_prompt": "one"})
    first = app.published
    save_draft(app=app, config={"pre_prompt": "two"})
    app.refresh_from_db()
    assert (app.published, app.draft.config) == (first, {"pre_prompt": "two"})
    second = publish(app=app)
    publish(app=app, version_id=first.id)
    app.refresh_from_db()
    assert app.published == first
    restored = restore(app=app, version_id=second.id)
    app.refresh_from_db()
    assert (app.draft, restored.number, restored.config) == (restored, 3, {"pre_prompt": "two"})


def test_old_drafts_go_and_releases_stay(workspace):
    app = make_app(workspace, {"n": 0})
    for number in range(KEPT_DRAFTS + 5):
        save_draft(app=app, config={"n": number})
    app.refresh_from_db()
    assert app.published.config == {"n": 0}
    assert AppVersion.objects.filter(app=app).count() == KEPT_DRAFTS + 2


def test_another_apps_version_is_not_found(workspace):
    app, other = make_app(workspace), make_app(workspace)
    with pytest.raises(NotFound):
        publish(app=app, version_id=other.versions.get().id)
    with pytest.raises(NotFound):
        restore(app=app, version_id=other.versions.get().id)


def test_only_unversioned_fields_can_be_updated(workspace):
    app = update_app(app=make_app(workspace), name="New", enable_api=False)
    assert (app.name, app.enable_api) == ("New", False)
    with pytest.raises(InvalidParam):
        update_app(app=app, workspace_id="x")


def test_a_file_goes_in_and_comes_out_the_same(workspace):
    app = App.objects.get(id=import_app(workspace=workspace, content=FILE).app_id)
    assert (app.name, app.icon, app.use_icon_as_answer_icon, app.published) == ("Guide", "📚", True, None)
    text = export_app(app=app)
    again = App.objects.get(id=import_app(workspace=workspace, content=text).app_id)
    assert export_app(app=again) == text


def test_what_is_missing_here_is_warned_of(workspace):
    content = FILE.replace("demo-chat", "gpt-4o").replace("provider: demo", "provider: openai") + (
        "  dataset_configs: {datasets: {datasets: [{dataset: {enabled: true,"
        " id: 0193a0a0-0000-7000-8000-000000000001}}]}}\n"
    )
    result = import_app(workspace=workspace, content=content)
    assert result.status == "completed-with-warnings"
    assert len(result.warnings) == 2
    assert "gpt-4o" in " ".join(result.warnings)


def test_a_mode_that_cannot_run_yet_and_a_newer_file_are_refused(workspace):
    with pytest.raises(AppUnavailable, match="agent-chat"):
        import_app(workspace=workspace, content="app: {mode: agent-chat}\nmodel_config: {pre_prompt: Hi}")
    with pytest.raises(NewerAppFile, match=r"99\.0\.0 is newer"):
        import_app(workspace=workspace, content=FILE.replace("0.1.5", "99.0.0"))
    assert App.objects.count() == 0


def test_a_newer_file_comes_in_where_that_is_accepted(workspace):
    result = import_app(workspace=workspace, content=FILE.replace("0.1.5", "99.0.0"), accept_newer=True)
    assert result.status == "completed-with-warnings"
    assert "99.0.0" in result.warnings[0]


def run_command(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_the_commands_import_export_and_make_keys(workspace, tmp_path):
    path = tmp_path / "guide.yml"
    path.write_text(FILE)
    imported = json.loads(run_command("app_import", str(path), "--publish", "--json"))
    assert (imported["mode"], imported["status"], imported["warnings"]) == ("chat", "completed", [])
    app = App.objects.get(id=imported["app_id"])
    assert app.published == app.draft
    assert run_command("app_export", str(app.id)) == export_app(app=app)
    token = json.loads(run_command("app_key", str(app.id), "--json"))["token"]
    assert token.startswith("app-")
    with pytest.raises(NotFound):
        run_command("app_key", "nonsense")
    with pytest.raises(NotFound):
        run_command("app_import", str(tmp_path / "none.yml"))
