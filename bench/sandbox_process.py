"""A sandbox of its own on a free port, for benchmarks."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEY = "a-key-of-this-benchmark"


def start() -> tuple[subprocess.Popen, str]:
    read, write = os.pipe()
    env = {**os.environ, "SANDBOX_API_KEY": KEY, "SANDBOX_PORT": "0", "READY_FD": str(write)}
    env["STORAGE_LOCAL_PATH"] = tempfile.mkdtemp()
    process = subprocess.Popen([sys.executable, "-m", "sandbox"], cwd=ROOT, env=env, pass_fds=[write])
    os.close(write)
    with os.fdopen(read) as pipe:
        detail = json.loads(pipe.readline())["detail"]
    print(f"sandbox: {detail}")
    return process, f"http://127.0.0.1:{detail.split()[-1]}"
