"""What the pages tell people to type is typed: start.md and api.md against a product of its own, guides in Python."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apps.prompts.services.transfer import import_app
from tests.database import ready_made
from tests.factories import make_workspace
from tests.http import Client
from tests.supervisor.product import ROOT, Product, environment

from .pages import DOCS, blocks, read

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl, which is not installed")
NO_DATASET = "01a20390-4af3-7557-a55d-ecdb35a95525"


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    storage = tmp_path_factory.mktemp("docs") / "storage"
    ready_made(storage)
    product = Product(storage, ADMIN_EMAIL="ada@example.org", ADMIN_PASSWORD="choose-your-own-4711").until_up()
    yield product
    product.stop()


def typed(product: Product, page: str, folder: Path, **more: str) -> str:
    """What a page's shell blocks print, run one after the other; the first that fails ends it."""
    script = "\necho\n".join(blocks(read(page), "sh"))
    script = (
        script.replace("/tmp/", f"{folder}/").replace(".venv/bin/python", sys.executable).replace("curl ", "curl -f ")
    )
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment(product.storage, DIFY_PORT=str(product.port), **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr + product.logs()
    return result.stdout


@needs_curl
@pytest.mark.slow
def test_what_start_md_says_can_be_typed(product, tmp_path):
    said = typed(product, "start.md", tmp_path)
    assert said.count("A hotel night may cost up to 120 euros") >= 3  # found, cited, found by API
    ends = re.findall(r'^(?:data: )?\{"event": "message_end".*$', said, re.MULTILINE)
    assert len(ends) == 2  # by command, and streamed by API
    assert all('"document_name": "travel-policy.md"' in end for end in ends)


@needs_curl
@pytest.mark.slow
def test_what_api_md_says_can_be_typed(product, tmp_path):
    dataset_id = product.command("knowledge_create", "Examples of api.md")["dataset_id"]
    added = product.command("knowledge_add", dataset_id, str(DOCS / "examples/travel-policy.md"), "--wait")
    file = tmp_path / "app.yml"
    file.write_text((DOCS / "examples/travel-helper.yml").read_text().replace("DATASET_ID", dataset_id))
    app_id = product.command("app_import", str(file), "--publish")["app_id"]
    key = product.command("app_key", app_id)["token"]
    question = {"inputs": {}, "query": "What may a hotel cost?", "user": "ada"}
    answered = Client(product.url, key).post("/v1/chat-messages", question).json()
    said = typed(
        product,
        "api.md",
        tmp_path,
        API=f"{product.url}/v1",
        APP_KEY=key,
        CONVERSATION_ID=answered["conversation_id"],
        MESSAGE_ID=answered["id"],
        DATASET_KEY=product.command("knowledge_key")["token"],
        DATASET_ID=dataset_id,
        DOCUMENT_ID=added["documents"][0]["id"],
    )
    assert '"opening_statement"' in said
    assert '"indexing_status"' in said
    assert '"records"' in said
    assert '"result": "success"' in said
    assert '"extension": "md"' in said


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "examples").glob("*.yml")))
def test_an_example_is_an_app_file(name):
    content = (DOCS / "examples" / name).read_text().replace("DATASET_ID", NO_DATASET)
    result = import_app(workspace=make_workspace(), content=content, publish_now=True)
    assert [warning for warning in result.warnings if NO_DATASET not in warning] == []
