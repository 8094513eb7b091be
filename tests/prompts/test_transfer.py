"""App files in and out: the golden file, files by address, pictures that files cannot carry."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from apps.common.errors import AppError
from apps.common.guard import AddressBlocked
from apps.prompts.errors import AppUnavailable, BrokenAppFile, FileNotFetched, InvalidAppConfig
from apps.prompts.models import App
from apps.prompts.services import transfer
from apps.prompts.services.icons import set_icon_picture
from apps.prompts.services.transfer import export_app, fetch_app_file, import_app, raw_address
from apps.prompts.services.versions import publish
from tests.factories import make_app, make_workspace
from tests.pictures import picture

pytestmark = pytest.mark.django_db
GOLDEN = (Path(__file__).parent / "golden/guide.yml").read_text()
KNOWLEDGE_OF_GOLDEN = "0193a0a0-0000-7000-8000-000000000001"


@pytest.fixture
def workspace():
    return make_workspace()


def imported(workspace, content=GOLDEN) -> App:
    return App.objects.get(id=import_app(workspace=workspace, content=content).app_id)


def test_app_09_app_10_the_golden_file_comes_out_byte_for_byte_with_keys_nobody_knows(workspace):
    assert export_app(app=imported(workspace)) == GOLDEN


def test_app_09_knowledge_is_not_carried_but_named(workspace):
    result = import_app(workspace=workspace, content=GOLDEN)
    assert result.status == "completed-with-warnings"
    assert [KNOWLEDGE_OF_GOLDEN in warning for warning in result.warnings] == [True]


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_app_11_one_file_describes_all_of_an_app(workspace, mode):
    app = imported(workspace, GOLDEN.replace("mode: chat\n  name: Guide", f"mode: {mode}\n  name: Guide"))
    assert app.mode == mode
    config = app.draft.config
    for part in ("model", "pre_prompt", "user_input_form", "dataset_configs", "external_data_tools", "agent_mode"):
        assert part in config


def test_an_agents_file_is_refused_until_agents_run(workspace):
    with pytest.raises(AppUnavailable, match="agent-chat"):
        imported(workspace, GOLDEN.replace("mode: chat\n  name: Guide", "mode: agent-chat\n  name: Guide"))


def test_a_picture_stays_in_its_workspace(workspace):
    app = make_app(workspace)
    set_icon_picture(app=app, data=picture())
    content = export_app(app=app)
    assert imported(workspace, content).icon == app.icon
    result = import_app(workspace=make_workspace("B", "b@example.org"), content=content)
    elsewhere = App.objects.get(id=result.app_id)
    assert (elsewhere.icon_type, elsewhere.icon) == ("emoji", "🤖")
    assert result.warnings == [transfer.NO_PICTURE]


def test_a_faulty_configuration_comes_in_with_all_its_faults_named_and_is_not_published(workspace):
    content = GOLDEN.replace("top_k: 3", "top_k: 11").replace("temperature: 0.7", "temperature: 99")
    result = import_app(workspace=workspace, content=content, publish_now=True)
    app = App.objects.get(id=result.app_id)
    assert (result.status, app.published) == ("completed-with-warnings", None)
    assert "top_k" in " ".join(result.warnings)
    assert result.warnings[-1] == transfer.NOT_PUBLISHED
    with pytest.raises(InvalidAppConfig):
        publish(app=app)
    assert export_app(app=app) == content


@pytest.mark.parametrize(
    ("given", "fetched"),
    [
        ("https://github.com/o/r/blob/main/apps/a.yml", "https://raw.githubusercontent.com/o/r/main/apps/a.yml"),
        ("https://www.github.com/o/r/blob/v1.0/a.yml?plain=1#L3", "https://raw.githubusercontent.com/o/r/v1.0/a.yml"),
        ("https://example.org/blob/a.yml", "https://example.org/blob/a.yml"),
        ("https://github.com.evil.org/o/r/blob/main/a.yml", "https://github.com.evil.org/o/r/blob/main/a.yml"),
    ],
)
def test_githubs_page_of_a_file_stands_for_the_file(given, fetched):
    assert raw_address(given) == fetched


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a.yml", "http://169.254.169.254/latest", "file:///etc/passwd", "nonsense", "http://[::1"],
)
def test_addresses_of_inner_networks_are_not_called(url):
    with pytest.raises(AddressBlocked):
        fetch_app_file(url)


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/a.yml": GOLDEN.encode(), "/huge.yml": b"x" * (10 * 2**20 + 1)}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def file_server(monkeypatch):
    monkeypatch.setattr(transfer, "_FETCH_PRIVATE", True)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_from_its_address(workspace, file_server):
    assert export_app(app=imported(workspace, fetch_app_file(f" {file_server}/a.yml "))) == GOLDEN
    with pytest.raises(FileNotFetched, match="404"):
        fetch_app_file(f"{file_server}/none.yml")
    with pytest.raises(AppError, match="too large"):
        fetch_app_file(f"{file_server}/huge.yml")
    with pytest.raises(BrokenAppFile):
        imported(workspace, b"<html>")
