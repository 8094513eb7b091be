"""What this machine has for runs: node, shared libraries, packages, privileges; made into a plan for a fork server."""

import encodings
import os
import pkgutil
import random
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jinja2
import markupsafe

from .inside.plan import FULL, Plan
from .kernel import privileges
from .limits import slots
from .settings import Settings

ZONEINFO = "/usr/share/zoneinfo"
DEVICES = ("/dev/null", "/dev/urandom")
PLACES = ("/tmp", "/mnt", "/srv", "/media", "/var/tmp", "/home", "/opt", "/sys")  # noqa: S108 - only mounted on
NPROC = 64
PROCESSES_PER_RUN = 4  # runs, node workers that wait, tests, and those that are just ending
# Users nobody else has: between those systemd gives to greeters and to dynamic services, see its UIDS-GIDS page.
FIRST_UID, LAST_UID = 60706, 61183
UNWANTED_EXTENSIONS = re.compile(r"_tkinter|_curses|readline|nis\.|_test|_xx|xxlimited|ossaudiodev|spwd|_dbm|_gdbm")
WINDOWS_CODECS = ("mbcs", "oem")
LIBRARY = re.compile(r"(/\S+\.so[^\s:]*)")
HIDDEN = ("site-packages", "dist-packages", "test", "idlelib", "tkinter", "ensurepip")
COMMON = """asyncio base64 bisect calendar collections copy csv dataclasses datetime decimal difflib enum fractions
    functools hashlib heapq hmac html inspect io itertools json logging math operator pathlib random re secrets
    statistics string struct textwrap time traceback types typing unicodedata urllib.parse uuid zlib zoneinfo jinja2
    jinja2.debug jinja2.sandbox encodings.idna encodings.ascii encodings.latin_1 encodings.cp1252 encodings.punycode
    _strptime""".split()
# Where a run's user cannot reach the library's folder, everything there is must be loaded before.
REST = """array ast binascii bz2 cmath codecs colorsys concurrent.futures.thread configparser contextlib contextvars
    ctypes email.message email.utils errno fnmatch gettext glob graphlib gzip html.parser http.client ipaddress
    jinja2.ext keyword linecache locale lzma mimetypes multiprocessing.pool numbers optparse pickle platform pprint
    pty queue quopri reprlib sched shlex socket sqlite3 ssl stringprep symtable subprocess tempfile threading timeit
    token tokenize tomllib urllib.request weakref xml.dom.minidom xml.etree.ElementTree xml.sax zipfile""".split()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Found once, at the start."""

    library: str
    files: tuple[str, ...]
    node: str
    loader: tuple[str, ...]
    node_library_path: str
    packages: tuple[str, ...]
    packages_folder: str
    absent: tuple[str, ...]


def look(settings: Settings) -> Surroundings:
    """Looks for node, packages and the shared libraries they and Python's extensions need."""
    library = os.path.realpath(sysconfig.get_path("stdlib"))
    node = os.path.realpath(shutil.which("node") or "")
    node = node if os.path.isfile(node) else ""
    folder = settings.packages_folder.resolve()
    packages = tuple(name for name in settings.packages if _is_there(folder, name))
    extensions = [str(path) for path in Path(library, "lib-dynload").glob("*.so")]
    extensions = [path for path in extensions if not UNWANTED_EXTENSIONS.search(os.path.basename(path))]
    extensions += [str(path) for path in folder.rglob("*.so*")] if packages else []
    libraries = _libraries([*extensions, *([node] if node else [])])
    return Surroundings(
        library=library,
        files=tuple(path for path in libraries if not path.startswith((library, str(folder)))),
        node=node,
        loader=tuple(path for path in libraries if os.path.basename(path).startswith("ld-")),
        node_library_path=":".join(sorted({os.path.dirname(path) for path in _libraries([node])})) if node else "",
        packages=packages,
        packages_folder=str(folder) if packages else "",
        absent=tuple(name for name in settings.packages if name not in packages),
    )


def _is_there(folder: Path, name: str) -> bool:
    return any((folder / entry).exists() for entry in (name, f"{name}.py"))


def _libraries(files: Iterable[str]) -> list[str]:
    """Every shared library the files load, at the names they are looked up by."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return []
    answer = subprocess.run(  # noqa: S603 - files of this installation
        [ldd, *files], capture_output=True, text=True, check=False, env={"LANG": "C"}
    )
    found = {
        match[1] for line in answer.stdout.splitlines() if not line.endswith(":") and (match := LIBRARY.search(line))
    }
    return sorted(path for path in found if os.path.isfile(path))


def plan(found: Surroundings, level: int) -> Plan:
    """The walls of one fork server at a level, as far as this process's privileges allow them."""
    own_user_namespace = level == FULL and not privileges.has(privileges.CAP_SYS_ADMIN)
    has_own_users = not own_user_namespace and _may_choose_user()
    preload = list(COMMON)
    if level != FULL and has_own_users and not _is_reachable(found.library):
        preload += [*REST, *_codecs()]
    jinja_folders = [str(Path(module.__file__ or "").parent) for module in (jinja2, markupsafe)]
    optional = [found.node, found.packages_folder, ZONEINFO if os.path.isdir(ZONEINFO) else ""]
    paths = (found.library, *jinja_folders, *found.files, *filter(None, optional))
    return Plan(
        level=level,
        parent=os.getpid(),
        paths=paths,
        hidden=tuple(path for name in HIDDEN if os.path.isdir(path := f"{found.library}/{name}")),
        executables=(found.node, *found.loader) if found.node else (),
        devices=DEVICES,
        place=next(folder for folder in PLACES if os.path.isdir(folder) and not _holds_any(folder, paths)),
        own_user_namespace=own_user_namespace,
        site=os.path.dirname(jinja_folders[0]),
        packages_folder=found.packages_folder,
        preload=tuple(preload),
        packages=found.packages,
        node=found.node,
        library_path=found.node_library_path,
        slots=PROCESSES_PER_RUN * slots(),
        has_own_users=has_own_users,
        first_uid=random.randint(FIRST_UID, LAST_UID - PROCESSES_PER_RUN * slots()),  # noqa: S311 - unlike a neighbour's
        nproc=NPROC if own_user_namespace or has_own_users else _threads_of_this_user() + NPROC * slots(),
    )


def _codecs() -> list[str]:
    names = [module.name for module in pkgutil.iter_modules(encodings.__path__)]
    return [f"encodings.{name}" for name in names if name not in WINDOWS_CODECS]


def _holds_any(folder: str, paths: Iterable[str]) -> bool:
    return any(path.startswith(folder + "/") for path in paths)


def _may_choose_user() -> bool:
    """Whether this process can become any of the users reserved for runs."""
    if not (privileges.has(privileges.CAP_SETUID) and privileges.has(privileges.CAP_SETGID)):
        return False
    ranges = [[int(number) for number in line.split()] for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= FIRST_UID and first + count > LAST_UID for first, _, count in ranges)


def _is_reachable(path: str) -> bool:
    """Whether any user may pass through every folder above."""
    return all(parent.stat().st_mode & 0o001 for parent in Path(path).parents)


def _threads_of_this_user() -> int:
    """RLIMIT_NPROC counts them all, whoever started them."""
    count, uid = 0, os.getuid()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and folder.stat().st_uid == uid:
                count += len(os.listdir(folder / "task"))
        except OSError:
            continue
    return count
