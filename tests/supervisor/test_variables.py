"""Every variable is read or answered; the page and the code agree."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dify_project.settings import env
from dify_project.supervisor import environment
from dify_project.supervisor.variables import ANSWERED, USED, as_markdown, notices

from .product import ROOT

# The environment variables of the manual (its section "Environments").
MANUAL = """
CONSOLE_API_URL CONSOLE_WEB_URL SERVICE_API_URL APP_API_URL APP_WEB_URL FILES_URL MODE DEBUG FLASK_DEBUG SECRET_KEY
DEPLOY_ENV LOG_LEVEL MIGRATION_ENABLED CHECK_UPDATE_URL OPENAI_API_BASE DIFY_BIND_ADDRESS DIFY_PORT
SERVER_WORKER_AMOUNT SERVER_WORKER_CLASS GUNICORN_TIMEOUT CELERY_WORKER_CLASS CELERY_WORKER_AMOUNT DB_USERNAME
DB_PASSWORD DB_HOST DB_PORT DB_DATABASE SQLALCHEMY_POOL_SIZE SQLALCHEMY_POOL_RECYCLE SQLALCHEMY_ECHO REDIS_HOST
REDIS_PORT REDIS_DB REDIS_USERNAME REDIS_PASSWORD REDIS_USE_SSL CELERY_BROKER_URL BROKER_USE_SSL
CONSOLE_CORS_ALLOW_ORIGINS WEB_API_CORS_ALLOW_ORIGINS STORAGE_TYPE STORAGE_LOCAL_PATH S3_ENDPOINT S3_BUCKET_NAME
S3_ACCESS_KEY S3_SECRET_KEY S3_REGION AZURE_BLOB_ACCOUNT_NAME AZURE_BLOB_ACCOUNT_KEY AZURE_BLOB_CONTAINER_NAME
AZURE_BLOB_ACCOUNT_URL VECTOR_STORE WEAVIATE_ENDPOINT WEAVIATE_API_KEY WEAVIATE_BATCH_SIZE WEAVIATE_GRPC_ENABLED
QDRANT_URL QDRANT_API_KEY PINECONE_API_KEY PINECONE_ENVIRONMENT MILVUS_HOST MILVUS_PORT MILVUS_USER MILVUS_PASSWORD
MILVUS_SECURE UPLOAD_FILE_SIZE_LIMIT UPLOAD_FILE_BATCH_LIMIT ETL_TYPE UNSTRUCTURED_API_URL
MULTIMODAL_SEND_IMAGE_FORMAT UPLOAD_IMAGE_FILE_SIZE_LIMIT SENTRY_DSN SENTRY_TRACES_SAMPLE_RATE
SENTRY_PROFILES_SAMPLE_RATE NOTION_INTEGRATION_TYPE NOTION_CLIENT_SECRET NOTION_CLIENT_ID NOTION_INTERNAL_SECRET
MAIL_TYPE MAIL_DEFAULT_SEND_FROM RESEND_API_KEY SMTP_SERVER SMTP_PORT SMTP_USERNAME SMTP_PASSWORD SMTP_USE_TLS
INVITE_EXPIRY_HOURS CONSOLE_URL API_URL APP_URL SESSION_TYPE SESSION_REDIS_HOST SESSION_REDIS_PORT SESSION_REDIS_DB
SESSION_REDIS_USERNAME SESSION_REDIS_PASSWORD SESSION_REDIS_USE_SSL COOKIE_HTTPONLY COOKIE_SAMESITE COOKIE_SECURE
"""
READ = {entry.name for entries in USED.values() for entry in entries}


@pytest.mark.parametrize("read", [env.text, environment.text])
def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Callable[..., str]) -> None:
    """As in the `.env` files people bring along, which name every variable."""
    monkeypatch.setenv("DIFY_PORT", "")
    assert read("DIFY_PORT", "5001") == "5001"
    (tmp_path / "port").write_text("\n")
    monkeypatch.setenv("DIFY_PORT_FILE", str(tmp_path / "port"))
    assert read("DIFY_PORT", "5001") == "5001"
    monkeypatch.delenv("DIFY_PORT_FILE")
    assert env.integer("DIFY_PORT", 5001) == environment.integer("DIFY_PORT", 5001) == 5001
    assert env.flag("DIFY_PORT", default=True)
    assert env.words("DIFY_PORT", "*") == ["*"]


@pytest.mark.parametrize("name", MANUAL.split())
def test_a_variable_of_the_manual_is_read_or_answered(name: str) -> None:
    said = list(notices({name: "something else"}))
    assert (name in READ) != (len(said) == 1), said
    assert all(line.startswith(f"{name} is not used: ") for line in said)


def test_what_is_said_to_be_read_is_read_and_the_other_way_round() -> None:
    sources = [
        path.read_text()
        for folder in ("dify_project", "sandbox")
        for path in (ROOT / folder).rglob("*.py")
        if path.name not in {"variables.py", "test.py"}
    ]
    reading = r"""(?:text|integer|seconds|flag|choice|words|rates|environ\.get)\(\s*"([A-Z][A-Z0-9_]+)"""
    found = set(re.findall(reading, " ".join(sources)))
    internal = {"DRAIN_S", "LISTEN_FD", "PATH", "READY_FD", "WORKER_BEAT"}
    assert found - internal == READ


def test_the_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == as_markdown(), "run `make docs`"


def test_a_value_that_asks_for_what_happens_anyway_is_not_answered() -> None:
    harmless = {"STORAGE_TYPE": "local", "VECTOR_STORE": "PGVECTOR", "DEBUG": "false", "CHECK_UPDATE_URL": ""}
    assert list(notices(harmless)) == []


def test_variables_of_one_purpose_share_a_line() -> None:
    assert list(notices({"REDIS_PORT": "6379", "REDIS_HOST": "redis"})) == [
        "REDIS_HOST, REDIS_PORT are not used: Postgres does its work: cache invalidation, stop requests, progress."
    ]


def test_no_variable_has_two_answers() -> None:
    for name in MANUAL.split():
        assert sum(bool(answer.asked_by({name: "x"})) for answer in ANSWERED) <= 1
