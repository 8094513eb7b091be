"""Settings common to every way of running; each variable is described in docs/settings.md."""

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from apps.common import product

from . import env
from .files import default_storage

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VERSION = product.VERSION
PRODUCT_NAME = product.NAME

STORAGE_LOCAL_PATH = Path(env.text("STORAGE_LOCAL_PATH", str(BASE_DIR / "storage"))).expanduser().resolve()
DIFY_BIND_ADDRESS = env.text("DIFY_BIND_ADDRESS", "127.0.0.1")
DIFY_PORT = env.integer("DIFY_PORT", 5001, minimum=1)
SANDBOX_HOST = env.text("SANDBOX_HOST", "127.0.0.1")
SANDBOX_PORT = env.integer("SANDBOX_PORT", 8194, minimum=1)
SANDBOX_API_KEY = env.text("SANDBOX_API_KEY")
DEPLOY_ENV = env.text("DEPLOY_ENV", "PRODUCTION")
DEMO = env.flag("DEMO", default=True)
DEBUG = False


def _secret_key() -> str:
    """The configured key, else the one generated at first start and kept in the storage folder."""
    configured = env.text("SECRET_KEY")
    if configured:
        if len(configured) < 32:
            raise ImproperlyConfigured("SECRET_KEY must be at least 32 characters; try: openssl rand -base64 42")
        return configured
    path = STORAGE_LOCAL_PATH / "keys" / "secret_key"
    if path.is_file():
        return path.read_text().strip()
    raise ImproperlyConfigured(f"SECRET_KEY is not set and {path} does not exist; `manage.py up` makes it.")


def _database() -> dict[str, object]:
    url = env.text("DATABASE_URL")
    if url:
        options = dict(env.database_options(url))
    elif env.text("DB_HOST"):
        options = {
            "NAME": env.text("DB_DATABASE", "dify"),
            "USER": env.text("DB_USERNAME", "postgres"),
            "PASSWORD": env.text("DB_PASSWORD"),
            "HOST": env.text("DB_HOST"),
            "PORT": env.text("DB_PORT", "5432"),
            "OPTIONS": {},
        }
    else:
        # Nothing configured: manage.py points DATABASE_URL at the embedded server before Django starts.
        raise ImproperlyConfigured("No database: set DATABASE_URL or DB_HOST, or start through manage.py.")
    return {"ENGINE": "django.db.backends.postgresql", **options}


def _former_secret_keys() -> list[str]:
    """Configured, else kept beside the generated key by `rotate_secret_key --generate`."""
    path = STORAGE_LOCAL_PATH / "keys" / "secret_key.former"
    kept = path.read_text().split() if not env.text("SECRET_KEY") and path.is_file() else []
    return env.words("SECRET_KEY_FALLBACKS") + kept


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = _former_secret_keys()
DATABASES = {"default": _database()}
# The pool serves console, admin and DRF. The hot path has an async pool of its own (common.db).
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 8, minimum=1)
DATABASE_ASYNC_POOL_SIZE = env.integer("DATABASE_ASYNC_POOL_SIZE", 8, minimum=1)
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"]["OPTIONS"],  # type: ignore[dict-item]  # a dict by construction above
    "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Daphne serves `runserver` alone; every other process starts sooner, and is smaller, without it and Twisted.
_RUNSERVER = ["daphne"] if sys.argv[1:2] == ["runserver"] else []
INSTALLED_APPS = [
    *_RUNSERVER,
    "apps.workspaces.operators_config.OperatorsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "django_celery_beat",
    "dify_project",
    "apps.common",
    "apps.workspaces",
    "apps.files",
    "apps.billing",
    "apps.models",
    "apps.prompts",
    "apps.logs",
    "apps.knowledge",
    "apps.tools",
    "apps.workflows",
    "apps.chat",
    "apps.webapp",
]
AUTH_USER_MODEL = "workspaces.User"

MIDDLEWARE = [
    "apps.common.in_loop.Security",
    "apps.common.static_files.StaticFiles",
    "apps.common.in_loop.Sessions",
    "apps.common.in_loop.Common",
    "apps.common.in_loop.Csrf",
    "apps.common.in_loop.Authentication",
    "apps.common.in_loop.Messages",
    "apps.common.in_loop.FrameOptions",
    "apps.common.middleware.content_security_policy",
    "apps.common.middleware.console_locale",
    "apps.common.middleware.console_errors",
    "apps.workspaces.middleware.current_workspace",
]
ROOT_URLCONF = "dify_project.urls"
ASGI_APPLICATION = "dify_project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.common.context_processors.shell",
                "apps.workspaces.context_processors.workspaces",
            ],
        },
    }
]

# --- addresses, cookies, security -------------------------------------------------------------------
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)  # how many X-Forwarded-For hops are ours
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SESSION_ENGINE = "apps.workspaces.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("COOKIE_SECURE", default=False)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("REQUEST_BODY_LIMIT_MB", 5) * 2**20
CSRF_FAILURE_VIEW = "apps.common.error_pages.csrf_failure"
LOGIN_URL = "workspaces:sign_in"
LOGIN_REDIRECT_URL = "prompts:app_list"
LOGOUT_REDIRECT_URL = "workspaces:sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- people, and mail to them (the manual's names) ------------------------------------------------------
INVITE_EXPIRY_HOURS = env.integer("INVITE_EXPIRY_HOURS", 72, minimum=1)
PASSWORD_RESET_TIMEOUT = 3600
ALLOW_CREATE_WORKSPACE = env.flag("ALLOW_CREATE_WORKSPACE", default=True)
MAIL_TYPE = env.choice("MAIL_TYPE", ("", "smtp", "resend"))
DEFAULT_FROM_EMAIL = env.text("MAIL_DEFAULT_SEND_FROM")
CONSOLE_WEB_URL = env.text("CONSOLE_WEB_URL")
RESEND_API_URL = "https://api.resend.com"
RESEND_API_KEY = env.text("RESEND_API_KEY")
EMAIL_HOST = env.text("SMTP_SERVER")
EMAIL_PORT = env.integer("SMTP_PORT", 465, minimum=1)
EMAIL_HOST_USER = env.text("SMTP_USERNAME")
EMAIL_HOST_PASSWORD = env.text("SMTP_PASSWORD")
EMAIL_USE_SSL = env.flag("SMTP_USE_TLS", default=False) and EMAIL_PORT == 465
EMAIL_USE_TLS = env.flag("SMTP_USE_TLS", default=False) and EMAIL_PORT != 465  # STARTTLS
EMAIL_TIMEOUT = 20
env.require_for_mail(MAIL_TYPE)

# --- language, time, static ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = None  # nothing is collected: WhiteNoise serves what the finders see
WHITENOISE_USE_FINDERS = True
WHITENOISE_ROOT = BASE_DIR / "static" / "embed"  # /embed.js, /embed.min.js: addresses that stand in other sites' pages

# --- uploads (megabytes; the manual's names and defaults) -------------------------------------------------
UPLOAD_FILE_SIZE_LIMIT = env.integer("UPLOAD_FILE_SIZE_LIMIT", 15, minimum=1)
UPLOAD_FILE_BATCH_LIMIT = env.integer("UPLOAD_FILE_BATCH_LIMIT", 5, minimum=1)
KNOWLEDGE_DOCUMENT_LIMIT = env.integer("KNOWLEDGE_DOCUMENT_LIMIT", 0, minimum=0)
UPLOAD_IMAGE_FILE_SIZE_LIMIT = env.integer("UPLOAD_IMAGE_FILE_SIZE_LIMIT", 10, minimum=1)
UPLOAD_AUDIO_FILE_SIZE_LIMIT = env.integer("UPLOAD_AUDIO_FILE_SIZE_LIMIT", 50, minimum=1)
UPLOAD_VIDEO_FILE_SIZE_LIMIT = env.integer("UPLOAD_VIDEO_FILE_SIZE_LIMIT", 100, minimum=1)
WORKFLOW_FILE_UPLOAD_LIMIT = env.integer("WORKFLOW_FILE_UPLOAD_LIMIT", 10, minimum=1)

# Signed links to uploads: where others reach this server, and how long a link is good.
FILES_URL = env.text("FILES_URL")
FILES_ACCESS_TIMEOUT = env.integer("FILES_ACCESS_TIMEOUT", 300, minimum=1)

# What arrives is kept here until it is stored: /tmp is often small, and in a container it is memory.
FILE_UPLOAD_TEMP_DIR: str | None = str(STORAGE_LOCAL_PATH / "tmp")

# The bytes of uploads: on disk, in a bucket of S3 or in a container of Azure Blob.
STORAGES = {
    "staticfiles": {"BACKEND": "apps.common.static_files.VersionedStorage"},
    "default": default_storage(STORAGE_LOCAL_PATH / "files"),
}

# Signed links lead on to addresses the store signs, so that bytes do not pass through here.
STORAGE_REDIRECT = env.flag("STORAGE_REDIRECT", default=False)

# No request of any kind is larger; smaller limits apply to JSON and to each kind of file.
LARGEST_BODY_BYTES = (max(UPLOAD_FILE_SIZE_LIMIT, UPLOAD_VIDEO_FILE_SIZE_LIMIT) + 2) * 2**20

# --- model calls ------------------------------------------------------------------------------------------
# Of providers that workspaces without a key of their own may try (`trial` in their files).
HOSTED_API_KEYS = {"openai": env.text("HOSTED_OPENAI_API_KEY"), "anthropic": env.text("HOSTED_ANTHROPIC_API_KEY")}
# Where providers are, whose address a workspace leaves open.
MODEL_BASE_URLS = {"openai": env.text("OPENAI_API_BASE")}
MODEL_CONNECT_TIMEOUT_S = env.seconds("MODEL_CONNECT_TIMEOUT_S", 10)
MODEL_FIRST_BYTE_TIMEOUT_S = env.seconds("MODEL_FIRST_BYTE_TIMEOUT_S", 60)
MODEL_IDLE_TIMEOUT_S = env.seconds("MODEL_IDLE_TIMEOUT_S", 60)
MULTIMODAL_SEND_IMAGE_FORMAT = env.choice("MULTIMODAL_SEND_IMAGE_FORMAT", ("base64", "url"))
# Provider base URLs may be private (Ollama on localhost is the normal case).
MODEL_PRIVATE_ADDRESSES_ALLOWED = env.flag("MODEL_PRIVATE_ADDRESSES_ALLOWED", default=True)

# --- reading of documents -----------------------------------------------------------------------------------
ETL_TYPE = env.choice("ETL_TYPE", ("dify", "Unstructured"))
UNSTRUCTURED_API_URL = env.text("UNSTRUCTURED_API_URL")
UNSTRUCTURED_API_KEY = env.text("UNSTRUCTURED_API_KEY")
PARSING_TIMEOUT_S = env.integer("PARSING_TIMEOUT_S", 50, minimum=1)
PARSING_MEMORY_MB = env.integer("PARSING_MEMORY_MB", 1024, minimum=128)
PARSING_OUTPUT_MB = env.integer("PARSING_OUTPUT_MB", 50, minimum=1)
EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED = env.flag("EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED", default=False)
SEGMENT_IMPORT_MAX_ROWS = env.integer("SEGMENT_IMPORT_MAX_ROWS", 10_000, minimum=1)

# --- runs ---------------------------------------------------------------------------------------------------
RUN_LEASE_S = env.seconds("RUN_LEASE_S", 30)  # a run whose process has not said so for this long is ended
WRITE_PATIENCE_S = env.seconds("WRITE_PATIENCE_S", 20)  # how long a run waits for Postgres to come back
PING_INTERVAL_S = env.seconds("PING_INTERVAL_S", 10)

# --- money --------------------------------------------------------------------------------------------------
BUDGET_RATES = env.rates("BUDGET_RATES")  # US dollars for one unit of another currency

# --- Django REST framework ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.renderers.ServiceRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.common.negotiation.AlwaysJson",
    "EXCEPTION_HANDLER": "apps.common.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}

# --- Celery: a wake-up only, rows are the truth ---------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL")  # empty: Postgres, see dify_project/celery.py
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # only late acknowledgement is meant
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "dify_project.schedulers:RecoveringScheduler"
CELERY_TIMEZONE = "UTC"
INDEXING_LEASE_S = env.seconds("INDEXING_LEASE_S", 30)

# Sources of knowledge. Of another source than Notion the same names count: <KEY>_CLIENT_ID and so on.
SOURCE_PRIVATE_HOSTS = env.words("SOURCE_PRIVATE_HOSTS")
WORKFLOW_PRIVATE_HOSTS = env.words("WORKFLOW_PRIVATE_HOSTS")
NOTION_CLIENT_ID = env.text("NOTION_CLIENT_ID")
NOTION_CLIENT_SECRET = env.text("NOTION_CLIENT_SECRET")
NOTION_INTERNAL_SECRET = env.text("NOTION_INTERNAL_SECRET")
NOTION_INTEGRATION_TYPE = env.choice(
    "NOTION_INTEGRATION_TYPE", ("public", "internal") if NOTION_CLIENT_ID else ("internal", "public")
)
CRAWL_PAGES_LIMIT = env.integer("CRAWL_PAGES_LIMIT", 200, minimum=1)
CRAWL_TIMEOUT_S = env.integer("CRAWL_TIMEOUT_S", 900, minimum=1)
CRAWL_PAUSE_MS = env.integer("CRAWL_PAUSE_MS", 250)
CRAWL_ROBOTS_RESPECTED = env.flag("CRAWL_ROBOTS_RESPECTED", default=True)

LOG_LEVEL = env.choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpx2", "celery")},
}
