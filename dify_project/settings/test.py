"""For the tests: cheap password hashes, quiet logs, short leases; the database comes from tests/conftest.py."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests-only-not-a-secret-0123456789abcdef")
os.environ.setdefault("STORAGE_LOCAL_PATH", str(Path(tempfile.gettempdir()) / "parley-tests"))
os.environ.setdefault("DATABASE_URL", "postgresql://postgres@/parley?host=/nowhere")

from .base import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
FILE_UPLOAD_TEMP_DIR = None
DEMO = False
CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = False
LOGGING_CONFIG = None
MODEL_FIRST_BYTE_TIMEOUT_S = 1.0
MODEL_IDLE_TIMEOUT_S = 1.0
