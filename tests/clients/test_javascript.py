"""The published JavaScript client (npm dify-client 2.3.2), unchanged, against the running product."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.factories import make_app, make_key

FOLDER = Path(__file__).parent
NODE = shutil.which("node") or ""

pytestmark = [
    pytest.mark.skipif(not NODE, reason="node is not installed"),
    pytest.mark.skipif(
        not (FOLDER / "node_modules" / "dify-client").is_dir(),
        reason="the JavaScript client is not installed: npm ci --prefix tests/clients",
    ),
]


def test_emb_05_every_method_of_the_javascript_client(server, workspace, app):
    text = make_app(workspace, {"pre_prompt": "Say something."}, mode="completion")
    arguments = [NODE, "drive.mjs", f"{server.url}/v1", make_key(app), make_key(text)]
    done = subprocess.run(arguments, cwd=FOLDER, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    first, second = out["first"], out["second"]
    assert "user_input_form" in out["parameters"]
    assert (first["mode"], second[-1]["event"]) == ("chat", "message_end")
    assert second[-1]["conversation_id"] == first["conversation_id"]
    assert [item["id"] for item in out["conversations"]["data"]] == [first["conversation_id"]]
    assert out["paged"] == {**out["conversations"], "limit": 10}
    assert [item["id"] for item in out["messages"]["data"]] == [first["id"], second[-1]["id"]]
    assert [item["id"] for item in out["older"]["data"]] == [first["id"]]
    assert out["liked"] == {"result": "success"}
    assert (out["renamed"]["name"], bool(out["named"]["name"])) == ("Tea", True)
    assert (out["text"]["mode"], out["streamed"][-1]["event"]) == ("completion", "message_end")
    assert (out["workflow"]["status"], out["workflow"]["code"]) == (400, "not_workflow_app")
    assert (out["upload"]["status"], out["upload"]["name"]) == (201, "a.png")
    assert out["deleted"] == {"status": 200, "result": "success"}
    assert (out["again"]["status"], out["again"]["message"]) == (404, "Conversation Not Exists.")
    assert (out["unknown"]["status"], out["unknown"]["code"]) == (401, "unauthorized")
