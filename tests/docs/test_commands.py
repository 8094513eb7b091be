"""commands.md has a section on every command of ours, with all its arguments."""

import re
import subprocess
import sys

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class

from .pages import ROOT, read, sections

SECTIONS = sections(read("commands.md"), "##")
OURS = {
    name: app
    for name, app in get_commands().items()
    if isinstance(app, str) and app.startswith(("apps.", "dify_project"))
}
EVERY_COMMAND_HAS = {
    option for action in BaseCommand().create_parser("", "")._actions for option in action.option_strings
}


def test_the_page_has_a_section_for_each_command_and_no_other():
    assert set(SECTIONS) == {*OURS, "up"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_section_names_every_argument(name):
    parser = load_command_class(OURS[name], name).create_parser("manage.py", name)
    expected = []
    for action in parser._actions:
        if action.option_strings:
            expected += [option for option in action.option_strings if option not in EVERY_COMMAND_HAS]
        else:
            expected.append(str(action.metavar or action.dest).upper())
    missing = [argument for argument in expected if not re.search(rf"(?<![\w-]){argument}\b", SECTIONS[name])]
    assert missing == []


def test_the_section_on_up_names_every_option():
    help_text = subprocess.run(
        [sys.executable, ROOT / "manage.py", "up", "--help"], capture_output=True, text=True
    ).stdout
    options = set(re.findall(r"--[a-z-]+", help_text)) - {"--help"}
    assert options
    assert all(f"`{option}" in SECTIONS["up"] for option in options)
