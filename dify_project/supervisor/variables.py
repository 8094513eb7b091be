"""Every environment variable there is an answer for: what it means, or what took its place.

`docs/settings.md` is written from this table (`make docs`), and `up` says one line for each variable that is set
and not used. Nothing is silently ignored.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Used:
    """A variable that is read."""

    name: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Variables of the same purpose that are not read.

    Args:
        names: separated by blanks; one that ends with `*` stands for all that begin so.
        instead: what does their work now.
        harmless: values (lower case) that ask for what happens anyway.
    """

    names: str
    instead: str
    harmless: tuple[str, ...] = ("",)

    def asked_by(self, environment: Mapping[str, str]) -> list[str]:
        """The variables of this kind that ask for something else than what happens."""
        patterns = self.names.split()
        return sorted(
            name
            for name, value in environment.items()
            if value.strip().lower() not in self.harmless and any(_matches(name, pattern) for pattern in patterns)
        )


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


USED: dict[str, tuple[Used, ...]] = {
    "Address and processes": (
        Used("DIFY_BIND_ADDRESS", "127.0.0.1", "Address the web server listens on; 0.0.0.0 in the container."),
        Used("DIFY_PORT", "5001", "Its port."),
        Used("SERVER_WORKER_AMOUNT", "1", "Web processes; each serves many streams at once."),
        Used("CELERY_WORKER_AMOUNT", "1", "Worker processes; each does four jobs at once."),
        Used("MODE", "", "`api` runs only the web part, `worker` only the worker, as `up --only` does."),
        Used("ALLOWED_HOSTS", "*", "Host names the product answers to, separated by commas."),
        Used("CSRF_TRUSTED_ORIGINS", "", "Origins (https://host) that may post forms, behind a proxy."),
        Used("TRUSTED_PROXY_COUNT", "0", "How many proxies in front are ours; their X-Forwarded-* headers count."),
        Used("REQUEST_BODY_LIMIT_MB", "5", "Largest request body that is not an upload."),
    ),
    "Storage and keys": (
        Used("STORAGE_LOCAL_PATH", "./storage", "Embedded database, uploaded files, generated keys, logs."),
        Used("STORAGE_TYPE", "local", "Where uploads lie: `local` (that folder), `s3` or `azure-blob`."),
        Used("STORAGE_REDIRECT", "false", "true: signed links lead on to the store's own address, if it has one."),
        Used("S3_BUCKET_NAME", "", "With `s3`, needed: the bucket, which exists already."),
        Used("S3_ACCESS_KEY", "", "With `s3`, needed: its key's id."),
        Used("S3_SECRET_KEY", "", "With `s3`, needed: its key's secret."),
        Used("S3_REGION", "us-east-1", "With `s3`: its region."),
        Used("S3_ENDPOINT", "Amazon's", "With `s3`: address of another server that speaks the protocol."),
        Used("AZURE_BLOB_ACCOUNT_NAME", "", "With `azure-blob`, needed: the storage account."),
        Used("AZURE_BLOB_ACCOUNT_KEY", "", "With `azure-blob`, needed: its key."),
        Used("AZURE_BLOB_CONTAINER_NAME", "", "With `azure-blob`, needed: the container, which exists already."),
        Used(
            "AZURE_BLOB_ACCOUNT_URL",
            "https://NAME.blob.core.windows.net",
            "With `azure-blob`: the account's address, if it is another.",
        ),
        Used("SECRET_KEY", "generated", "Signs sessions and wraps the workspaces' keys; at least 32 characters."),
        Used("SECRET_KEY_FALLBACKS", "", "Former keys that still open what they closed; see rotate_secret_key."),
        Used("ADMIN_EMAIL", "", "With ADMIN_PASSWORD: the first owner of an empty installation."),
        Used("ADMIN_PASSWORD", "", "See ADMIN_EMAIL; it is not handed to the web server or the worker."),
        Used("DEMO", "1", "0: the first workspace stays empty; else it gets demo apps and a base of these pages."),
    ),
    "Database": (
        Used("DATABASE_URL", "embedded", "postgresql://user:password@host:5432/name of a Postgres with pgvector."),
        Used("DB_HOST", "", "The same in parts, when DATABASE_URL is unset: host."),
        Used("DB_PORT", "5432", "Port."),
        Used("DB_USERNAME", "postgres", "User."),
        Used("DB_PASSWORD", "", "Password."),
        Used("DB_DATABASE", "dify", "Database."),
        Used("DATABASE_POOL_SIZE", "8", "Connections of one process for pages and commands."),
        Used("DATABASE_ASYNC_POOL_SIZE", "8", "Connections of one process for runs."),
        Used("MIGRATION_ENABLED", "true", "false: `up` does not migrate; run `manage.py migrate` yourself."),
    ),
    "Background work": (
        Used(
            "CELERY_BROKER_URL", "Postgres", "amqp:// or redis:// to wake workers by; rediss:// and amqps:// use TLS."
        ),
        Used("INDEXING_LEASE_S", "30", "A document whose worker is silent for so long is taken up by another."),
        Used("WRITE_PATIENCE_S", "20", "A finished run waits so long for a database that is away."),
        Used("RUN_LEASE_S", "30", "A run whose process is silent for so long is ended."),
    ),
    "Models": (
        Used("OPENAI_API_BASE", "", "OpenAI's address where a workspace enters none: https://api.openai.com/v1."),
        Used("HOSTED_OPENAI_API_KEY", "", "Lets workspaces without a key of their own try OpenAI's models."),
        Used("HOSTED_ANTHROPIC_API_KEY", "", "The same of Anthropic's."),
        Used("MODEL_CONNECT_TIMEOUT_S", "10", "Time to connect to a model provider."),
        Used("MODEL_FIRST_BYTE_TIMEOUT_S", "60", "Time to the first byte of its answer."),
        Used("MODEL_IDLE_TIMEOUT_S", "60", "Longest silence within an answer."),
        Used("MODEL_PRIVATE_ADDRESSES_ALLOWED", "true", "Whether a provider may have a private address."),
        Used(
            "MULTIMODAL_SEND_IMAGE_FORMAT",
            "base64",
            "How uploaded pictures go to models: `base64`, or `url` (a signed link; needs FILES_URL).",
        ),
        Used("PING_INTERVAL_S", "10", "A silent event stream sends a ping this often."),
        Used(
            "BUDGET_RATES",
            "{}",
            'US dollars for one unit of another currency, as JSON: `{"CNY": "0.14"}`. Budgets count in dollars; '
            "a currency that is not named counts 1:1.",
        ),
    ),
    "Uploads (megabytes)": (
        Used("UPLOAD_FILE_SIZE_LIMIT", "15", "A document."),
        Used("UPLOAD_FILE_BATCH_LIMIT", "5", "Files of one upload (a number)."),
        Used("KNOWLEDGE_DOCUMENT_LIMIT", "0", "Documents all knowledge bases of a workspace may hold; 0: no limit."),
        Used("UPLOAD_IMAGE_FILE_SIZE_LIMIT", "10", "An image."),
        Used("UPLOAD_AUDIO_FILE_SIZE_LIMIT", "50", "A sound file."),
        Used("UPLOAD_VIDEO_FILE_SIZE_LIMIT", "100", "A video."),
        Used("FILES_URL", "", "Address of this server for model providers that fetch files; else the request's."),
        Used("FILES_ACCESS_TIMEOUT", "300", "Seconds a signed link to a file is good for."),
        Used("WORKFLOW_FILE_UPLOAD_LIMIT", "10", "Files given to one run (a number)."),
    ),
    "Reading of documents": (
        Used("ETL_TYPE", "dify", "`Unstructured` adds doc, msg, org, ppt, rst and xml by Unstructured."),
        Used("UNSTRUCTURED_API_URL", "", "Address of its server; else its Python package, if installed, is used."),
        Used("UNSTRUCTURED_API_KEY", "", "Key for that server, if it asks for one."),
        Used("PARSING_TIMEOUT_S", "50", "Seconds the reading of one file may take."),
        Used("PARSING_MEMORY_MB", "1024", "Memory it may take; a worker reads up to four files at once."),
        Used("PARSING_OUTPUT_MB", "50", "Text one file may hold."),
        Used(
            "EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED",
            "false",
            "Whether a service of external knowledge may have a private address.",
        ),
        Used("SEGMENT_IMPORT_MAX_ROWS", "10000", "Segments one CSV file may add to a document."),
    ),
    "Workflows": (
        Used(
            "WORKFLOW_PRIVATE_HOSTS",
            "",
            "Hosts, separated by commas, that nodes of flows may call although their addresses are private; `*`: all.",
        ),
    ),
    "Sources of knowledge": (
        Used("NOTION_INTEGRATION_TYPE", "internal", "`public`: people consent at Notion; `internal`: by a secret."),
        Used("NOTION_CLIENT_ID", "", "OAuth client id of a public integration; makes `public` the default."),
        Used("NOTION_CLIENT_SECRET", "", "Its secret."),
        Used("NOTION_INTERNAL_SECRET", "", "Secret of an internal integration that every workspace may connect to."),
        Used(
            "SOURCE_PRIVATE_HOSTS",
            "",
            "Hosts, separated by commas, that sources may read although their addresses are private; `*`: all.",
        ),
        Used("CRAWL_PAGES_LIMIT", "200", "The most pages a crawl may ask for."),
        Used("CRAWL_TIMEOUT_S", "900", "Seconds after which a crawl ends with what it has."),
        Used("CRAWL_PAUSE_MS", "250", "Milliseconds between two pages of a site, unless it asks for more."),
        Used("CRAWL_ROBOTS_RESPECTED", "true", "Whether a site's robots.txt is obeyed."),
    ),
    "Sandbox": (
        Used("SANDBOX_HOST", "127.0.0.1", "Where the product finds it, if it runs elsewhere (compose.yaml: sandbox)."),
        Used("SANDBOX_PORT", "8194", "Port of the code sandbox; without it a second instance takes any free one."),
        Used("SANDBOX_API_KEY", "generated", "Key between the product and its sandbox; at least 16 characters."),
        Used("SANDBOX_BIND_ADDRESS", "127.0.0.1", "Address it listens on; 0.0.0.0 in a container of its own."),
        Used("SANDBOX_MIN_LEVEL", "1", "2: runs nothing where the kernel grants no namespaces."),
        Used("SANDBOX_TIMEOUT_S", "10", "Seconds a run has unless it asks for others (at most 60)."),
        Used("SANDBOX_MEMORY_MB", "256", "Memory of a run."),
        Used("SANDBOX_PACKAGES", "numpy,pandas,json_repair,sympy,matplotlib", "Modules that Python code may import."),
        Used("SANDBOX_PACKAGES_PATH", "STORAGE_LOCAL_PATH/sandbox/packages", "Folder they are installed in."),
    ),
    "People and mail": (
        Used("INVITE_EXPIRY_HOURS", "72", "Hours an invitation's link is good for."),
        Used("ALLOW_CREATE_WORKSPACE", "true", "Whether members may create workspaces of their own."),
        Used("MAIL_TYPE", "", "`smtp` or `resend`: invitations and forgotten passwords go by mail."),
        Used("MAIL_DEFAULT_SEND_FROM", "", "The sender, such as no-reply@example.org; mail needs it."),
        Used("CONSOLE_WEB_URL", "", "Address of this server as it stands in mails; mail needs it."),
        Used("RESEND_API_KEY", "", "Key of the Resend account."),
        Used("SMTP_SERVER", "", "Host name of the mail server."),
        Used("SMTP_PORT", "465", "Its port."),
        Used("SMTP_USERNAME", "", "User there, if it asks for one."),
        Used("SMTP_PASSWORD", "", "That user's password."),
        Used("SMTP_USE_TLS", "false", "true: TLS from the start on port 465, STARTTLS on every other port."),
    ),
    "Appearance, cookies, logs": (
        Used("PRODUCT_NAME", "Parley", "The name on every page."),
        Used("DEPLOY_ENV", "PRODUCTION", "TESTING shows a coloured label."),
        Used("COOKIE_SECURE", "false", "true behind HTTPS: cookies are sent over TLS only."),
        Used("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    ),
}

ANSWERED: tuple[Answered, ...] = (
    Answered(
        "CONSOLE_API_URL SERVICE_API_URL APP_API_URL APP_WEB_URL CONSOLE_URL API_URL APP_URL",
        "console, web pages and API share one address, the one the request came to; see ALLOWED_HOSTS.",
    ),
    Answered("NEXT_PUBLIC_*", "there is no separate front end; the web server makes the pages."),
    Answered("DEBUG FLASK_DEBUG", "start with `make dev` for error pages with tracebacks.", ("", "false", "0")),
    Answered("CHECK_UPDATE_URL", "the product never asks for a newer version."),
    Answered(
        "SERVER_WORKER_CLASS", "web processes are asynchronous; SERVER_WORKER_AMOUNT sets their number.", ("", "gevent")
    ),
    Answered("CELERY_WORKER_CLASS", "workers use threads; CELERY_WORKER_AMOUNT sets their number.", ("", "gevent")),
    Answered("GUNICORN_TIMEOUT", "a stream may last as long as the model speaks; see MODEL_IDLE_TIMEOUT_S."),
    Answered("SQLALCHEMY_POOL_SIZE", "see DATABASE_POOL_SIZE and DATABASE_ASYNC_POOL_SIZE."),
    Answered("SQLALCHEMY_POOL_RECYCLE", "the pool checks and replaces its connections itself."),
    Answered("SQLALCHEMY_ECHO", "set log_statement in Postgres.", ("", "false", "0")),
    Answered("REDIS_*", "Postgres does its work: cache invalidation, stop requests, progress."),
    Answered("BROKER_USE_SSL", "write rediss:// or amqps:// in CELERY_BROKER_URL.", ("", "false", "0")),
    Answered("CONSOLE_CORS_ALLOW_ORIGINS", "console pages come from the same origin as their data.", ("", "*")),
    Answered("WEB_API_CORS_ALLOW_ORIGINS", "/v1 answers every origin; a key is what it asks for.", ("", "*")),
    Answered(
        "VECTOR_STORE",
        "vectors are kept in Postgres (pgvector); `manage.py vdb_migrate` reads them from the former store.",
        ("", "pgvector"),
    ),
    Answered(
        "WEAVIATE_* QDRANT_* PINECONE_* MILVUS_* ZILLIZ_*",
        "vectors are kept in Postgres (pgvector); `manage.py vdb_migrate` reads them from the former store.",
    ),
    Answered("SENTRY_*", "errors are in the log files in <storage>/run; nothing is reported elsewhere."),
    Answered("SESSION_TYPE SESSION_REDIS_*", "sessions are rows in Postgres.", ("", "sqlalchemy")),
    Answered("COOKIE_HTTPONLY", "session cookies are always HttpOnly.", ("", "true", "1")),
    Answered("COOKIE_SAMESITE", "session cookies are always SameSite=Lax.", ("", "lax")),
)


def notices(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """One line for each variable (or group of the same purpose) that is set and not used."""
    found = os.environ if environment is None else environment
    for answer in ANSWERED:
        names = answer.asked_by(found)
        if names:
            verb = "is" if len(names) == 1 else "are"
            yield f"{', '.join(names)} {verb} not used: {answer.instead}"


def as_markdown() -> str:
    """The text of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once at start. `NAME_FILE` may name a file that holds the value (container",
        "secrets); an empty one counts as unset. A wrong value stops the start with a sentence. This page is written",
        "by `make docs`.",
    ]
    for section, variables in USED.items():
        lines += ["", f"## {section}", "", "| variable | default | meaning |", "|---|---|---|"]
        lines += [f"| `{entry.name}` | {entry.default or 'none'} | {entry.meaning} |" for entry in variables]
    lines += [
        "",
        "## Known from elsewhere and not used",
        "",
        "Where one of these is set, the start says so in one line.",
        "",
        "| variable | instead |",
        "|---|---|",
    ]
    lines += [f"| {_as_code(entry.names)} | {entry.instead} |" for entry in ANSWERED]
    return "\n".join(lines) + "\n"


def _as_code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split())


if __name__ == "__main__":
    print(as_markdown(), end="")
