"""The features the product is built to are numbered in groups; each has a test that carries its number, or waits.

APP: apps and their overview. EXP: expert prompts. WEB: public pages. EMB: pages of others. API: the service API.
RET: retrieval from knowledge bases. KB: knowledge: import, segments, management. KAP: the knowledge API.
WF: workflows and chatflows. MDL: models and their providers.
"""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = {"APP": 37, "EXP": 17, "WEB": 18, "EMB": 5, "API": 13, "RET": 12, "KB": 33, "KAP": 18, "WF": 34, "MDL": 34}
WAITS = {
    "APP-03": "agents",
    "APP-06": "apps of several agents: not advertised",
    "APP-23": "external data tools",
    "EXP-06": "the prompt editor",
    "EXP-11": "the prompt editor",
    "WEB-17": "explore pages",
}


@cache
def numbered() -> dict[str, set[str]]:
    """Rows, and the files whose tests' names carry them: `test_web_01_09_…` stands for WEB-01 and WEB-09."""
    found: dict[str, set[str]] = {}
    names = re.compile(r"(?:\b|_)(app|exp|web|emb|api|ret|kb|kap|wf|mdl)((?:[_-]\d\d)+)(?!\d)", re.IGNORECASE)
    for path in set(TESTS.rglob("test_*.py")) - {Path(__file__)}:
        for line in path.read_text().splitlines():
            if not re.search(r"\bdef test_|\bid=|pytest\.param|^    \(?\"", line):
                continue
            for group, numbers in names.findall(line):
                for number in re.findall(r"\d\d", numbers):
                    found.setdefault(f"{group.upper()}-{number}", set()).add(path.name)
    return found


@pytest.mark.parametrize(
    "row", [f"{group}-{number:02}" for group, count in ROWS.items() for number in range(1, count + 1)]
)
def test_each_row_has_a_test_or_waits(row: str):
    assert (row in numbered()) != (row in WAITS), "a test to name after it, or a line in WAITS"
