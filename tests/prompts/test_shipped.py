"""The templates that come with the product: each is complete, imports without a warning and answers."""

import io
import json
import re

import pytest
from django.core.management import call_command

from apps.prompts import dsl
from apps.prompts.config import read_config
from apps.prompts.icons import COLOUR, is_emoji
from apps.prompts.models import App
from apps.prompts.services.templates import create_from_template
from apps.prompts.services.transfer import export_app, import_app
from apps.prompts.shipped import FOLDER, shipped_templates
from tests.factories import make_workspace

TEMPLATES = shipped_templates()
KEYS = [template.key for template in TEMPLATES]
each = pytest.mark.parametrize("template", TEMPLATES, ids=KEYS)


def example(variable) -> object:
    """Something a person might put into a field."""
    if variable.kind == "select":
        return variable.options[0]
    return 3 if variable.kind == "number" else "Oslo in May"


def test_web_15_the_folder_is_the_gallery():
    assert sorted(KEYS) == sorted(path.stem for path in FOLDER.iterdir())
    assert {"Translate", "Writing", "Programming", "Assistant", "Knowledge"} <= {item.category for item in TEMPLATES}


@each
def test_web_15_a_template_says_what_it_is(template):
    assert 10 <= len(template.description) <= 120
    assert 1 <= len(template.name) <= 30
    assert is_emoji(template.icon)
    assert COLOUR.fullmatch(template.icon_background)


@each
@pytest.mark.django_db(transaction=True)
def test_app_08_web_16_a_template_imports_without_warnings_and_runs_on_the_demo_model(template):
    workspace = make_workspace()
    result = create_from_template(workspace=workspace, template_id=template.key, publish_now=True)
    assert (result.status, result.warnings) == ("completed", [])
    app = App.objects.get(pk=result.app_id)
    config = read_config(app.published.config)
    inputs = {variable.name: example(variable) for variable in config.variables if variable.required}
    output = io.StringIO()
    query = ["--query", "What should I do first?"] if app.mode == "chat" else []
    call_command("app_run", str(app.pk), "--inputs", json.dumps(inputs), *query, stdout=output)
    events = [json.loads(line) for line in output.getvalue().splitlines()]
    assert events[-1]["event"] == "message_end"
    assert "".join(event.get("answer", "") for event in events).strip()


@each
@pytest.mark.django_db
def test_app_09_what_a_template_became_comes_out_the_same(template):
    workspace = make_workspace()
    app = App.objects.get(pk=create_from_template(workspace=workspace, template_id=template.key).app_id)
    text = export_app(app=app)
    again = App.objects.get(pk=import_app(workspace=workspace, content=text).app_id)
    assert export_app(app=again) == text


@each
def test_every_name_in_the_prompt_is_a_field_of_the_form(template):
    config = read_config(dsl.parse(template.content).config)
    used = set(re.findall(r"{{(\w+)}}", config.pre_prompt + config.opening_statement))
    assert used == {variable.name for variable in config.variables}
