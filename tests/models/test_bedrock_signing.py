"""Our signatures against Amazon's own signer, byte for byte."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from apps.models.drivers._bedrock_signing import AwsKeys, Scope, host, signed

NOW = datetime(2026, 11, 27, 6, 5, 4, tzinfo=UTC)
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"


def theirs(
    monkeypatch: pytest.MonkeyPatch, method: str, url: str, headers: dict[str, str], body: bytes, keys: AwsKeys
) -> dict[str, str]:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: NOW.replace(tzinfo=None))
    request = AWSRequest(method, url, headers, body)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    SigV4Auth(credentials, "bedrock", "eu-central-1").add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/model/amazon.nova-2-lite-v1:0/converse-stream",
        f"{HOST}/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fus.a-v1:0/invoke",
        "http://127.0.0.1:8123/model/a%20b~c_d/invoke",
        "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com:443/foundation-models",
        "https://[::1]:8443/foundation-models",
        HOST,
    ],
)
@pytest.mark.parametrize("token", ["", "a-session-token+/="])
@pytest.mark.parametrize(("method", "body"), [("POST", '{"text": "Grüße"}'.encode()), ("GET", b"")])
def test_our_signature_is_the_vendor_s(
    monkeypatch: pytest.MonkeyPatch, url: str, token: str, method: str, body: bytes
) -> None:
    keys = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    headers = {"Content-Type": "application/json"}
    ours = signed(method, url, headers, body, keys, Scope("eu-central-1", "bedrock"), NOW)
    assert ours == theirs(monkeypatch, method, url, headers, body, keys)


def test_the_host_has_its_port_only_where_it_is_not_the_usual_one() -> None:
    assert host("https://EXAMPLE.com:443/a") == "example.com"
    assert host("http://example.com:8080") == "example.com:8080"
    assert host("https://[::1]:8443/") == "[::1]:8443"


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(AwsKeys("id", "secret", "a secret token"))
