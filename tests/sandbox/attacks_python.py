"""Attempts against the walls in Python; each returns `{"leaks": [...]}`, or ends in one of the named errors.

`FACTS` gives what an attacker could only guess: paths, process ids and ports of this very installation.
"""

from dataclasses import dataclass

PRELUDE = '''
import ctypes, errno, os, signal, socket, stat, sys, threading, time
leaks = []
libc = ctypes.CDLL(None, use_errno=True)

def attempt(name, function, good=None):
    """What does not raise is a leak, unless it is known to be harmless."""
    try:
        result = function()
    except (Exception, SystemExit):
        return
    if good is None or not good(result):
        leaks.append(f"{name}: {result!r}"[:300])

def read(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # its own pipes would keep it waiting
    return os.read(descriptor, 64)

def write(path):
    with open(path, "w") as file:
        file.write("x")
    return path

def syscall(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), str(number))
    return result
'''


@dataclass(frozen=True)
class Attempt:
    """One attempt; `ends` names the error kinds that are as good as an answer without leaks."""

    name: str
    code: str
    ends: tuple[str, ...] = ()
    must_end: bool = False  # an answer, even without leaks, would be wrong
    timeout: float = 4


ATTEMPTS = [
    Attempt(
        "01-read-files",
        """
def main(canary, source, key_file, **facts):
    for path in ("/etc/passwd", "/etc/shadow", canary, source, key_file, "/proc/self/root/etc/passwd", "/root/.bashrc",
                 "/proc/1/root/etc/passwd", "/proc/self/cwd/etc/passwd", "/sys/kernel/notes", "/dev/mem", "/dev/vda"):
        attempt(path, lambda: read(path))
    for path in ("/etc", "/tmp", "/home", "/root", "/proc", "/sys", "/dev", os.path.dirname(source), os.path.dirname(canary)):
        attempt("list " + path, lambda: os.listdir(path), good=lambda names: set(names) <= {"null", "urandom"})
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "02-write-anywhere",
        """
import tempfile, json, jinja2
def main(writable, **facts):
    for folder in ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/home", "/root", ".", os.path.dirname(os.__file__),
                   os.path.dirname(json.__file__), os.path.dirname(jinja2.__file__), "/usr/share/zoneinfo", writable):
        attempt("write " + folder, lambda: write(folder + "/escaped"))
        attempt("mkdir " + folder, lambda: os.mkdir(folder + "/escaped-folder"))
        attempt("link " + folder, lambda: os.symlink("/etc/passwd", folder + "/escaped-link"))
        attempt("fifo " + folder, lambda: os.mkfifo(folder + "/escaped-fifo"))
        attempt("unnamed " + folder, lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR))
    attempt("temporary", lambda: tempfile.TemporaryFile().write(b"x"))
    for path in (os.__file__, json.__file__, "/usr/share/zoneinfo/UTC"):
        attempt("append " + path, lambda: open(path, "ab").write(b"x"))
        attempt("remove " + path, lambda: os.unlink(path))
        attempt("rename " + path, lambda: os.rename(path, path + "x"))
        attempt("mode " + path, lambda: os.chmod(path, 0o777))
        attempt("times " + path, lambda: os.utime(path))
        attempt("truncate " + path, lambda: os.truncate(path, 0))
        attempt("attribute " + path, lambda: os.setxattr(path, "user.x", b"x"))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "03-network",
        """
import asyncio, urllib.request
def main(port, unix_path, abstract, service_port, **facts):
    for family, address in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port)),
                            (socket.AF_INET, ("127.0.0.1", service_port)), (socket.AF_INET, ("8.8.8.8", 53)),
                            (socket.AF_UNIX, unix_path), (socket.AF_UNIX, "\\0" + abstract)):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            def connect():
                with socket.socket(family, kind) as caller:
                    caller.settimeout(1)
                    caller.connect(address)
                    caller.send(b"x")
                    return "connected"
            attempt(f"{family} {address} {kind}", connect)
    attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
    attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
    attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
    attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
    attempt("datagram pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    attempt("packet pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    def sideways():
        one, other = socket.socketpair()
        return one.sendto(b"x", "\\0" + abstract)
    attempt("pair to elsewhere", sideways)
    attempt("pair connects", lambda: socket.socketpair()[0].connect("\\0" + abstract))
    attempt("fetch", lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1))
    attempt("names", lambda: socket.getaddrinfo("example.com", 80))
    attempt("async", lambda: asyncio.run(asyncio.open_connection("127.0.0.1", port)))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "04-environment",
        """
def main(secret, **facts):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    raw = []
    while environ[len(raw)]:
        raw.append(environ[len(raw)].decode())
    text = str(dict(os.environ)) + str(raw) + str(sys.argv) + str(sys.orig_argv)
    for word in (secret, "SANDBOX_API_KEY", "DATABASE_URL", "SECRET"):
        if word in text:
            leaks.append(word)
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "05-other-processes",
        """
def own(pid):
    # its own /dev/null and pipes are no secret
    return pid in ("self", "thread-self", os.getpid())

def main(service, forkserver, node, **facts):
    for pid in (1, 2, "self", "thread-self", os.getpid(), os.getppid(), service, forkserver, node):
        for name in ("environ", "maps", "mem", "cmdline", "stat", "status", "io", "syscall", "stack", "auxv", "fd/0", "root/etc/passwd"):
            attempt(f"{pid} {name}", lambda: read(f"/proc/{pid}/{name}"), good=lambda data: own(pid) and data == b"")
        attempt(f"{pid} fd", lambda: os.listdir(f"/proc/{pid}/fd"))
        attempt(f"{pid} task", lambda: os.listdir(f"/proc/{pid}/task"))
        if not own(pid):
            attempt(f"{pid} root", lambda: os.readlink(f"/proc/{pid}/root"))
            attempt(f"{pid} exe", lambda: os.readlink(f"/proc/{pid}/exe"))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "06-reach-into-others",
        """
import gc, inspect
def main(service, forkserver, node, **facts):
    buffer = ctypes.create_string_buffer(64)
    class Vector(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))
    local = Vector(ctypes.addressof(buffer), 64)
    for pid in (service, forkserver, node, os.getppid(), 1, os.getpid()):
        attempt(f"attach {pid}", lambda: syscall(101, 16, pid, 0, 0))
        attempt(f"seize {pid}", lambda: syscall(101, 0x4206, pid, 0, 0))
        attempt(f"read {pid}", lambda: syscall(310, pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0))
        attempt(f"write {pid}", lambda: syscall(311, pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0))
        attempt(f"pidfd {pid}", lambda: os.pidfd_open(pid))
        attempt(f"kill {pid}", lambda: os.kill(pid, 9))
        attempt(f"probe {pid}", lambda: os.kill(pid, 0))
        attempt(f"limits {pid}", lambda: syscall(302, pid, 7, None, ctypes.byref(local)), good=lambda _: pid in (0, os.getpid()))
        attempt(f"priority {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        attempt(f"affinity {pid}", lambda: os.sched_setaffinity(pid, {0}))
    attempt("trace me", lambda: syscall(101, 0, 0, 0, 0))
    # Neither the key nor another run's payload is in the memory a run begins with.
    words = [value for value in gc.get_objects() if isinstance(value, dict)]
    if any("SANDBOX_API_KEY" in str(list(value)[:200]) for value in words):
        leaks.append("key in memory")
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "07-fork-bomb",
        """
import multiprocessing, subprocess, pty, concurrent.futures
def main(**facts):
    for _ in range(200):
        attempt("fork", os.fork)
    attempt("vfork", lambda: syscall(58))
    attempt("clone", lambda: syscall(56, 17, 0, 0, 0, 0))
    attempt("clone3", lambda: syscall(435, ctypes.create_string_buffer(88), 88))
    attempt("forkpty", pty.fork)
    def process():
        child = multiprocessing.Process(target=print)
        child.start()
        return "started"
    attempt("process", process)
    attempt("pool", lambda: list(concurrent.futures.ProcessPoolExecutor().map(abs, [1])))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "08-memory-bomb",
        """
import mmap
def main(**facts):
    held = []
    for size in (4 << 30, 1 << 30, 512 << 20):
        attempt(f"bytes {size}", lambda: held.append(bytearray(size)))
        attempt(f"shared {size}", lambda: held.append(mmap.mmap(-1, size)))
        attempt(f"private {size}", lambda: held.append(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))
    chunks = []
    while True:
        chunks.append(b"x" * (1 << 20) + bytes([len(chunks) % 256]))
        if len(chunks) > 300:
            return {"leaks": [f"{len(chunks)} MB"]}
""",
        ends=("memory",),
        must_end=True,
    ),
    Attempt(
        "09-endless-loop",
        "def main(**facts):\n    while True:\n        pass\n",
        ends=("timeout",),
        must_end=True,
        timeout=1,
    ),
    Attempt(
        "10-endless-output",
        """
def main(**facts):
    line = "x" * 65536
    for _ in range(32768):
        print(line)
""",
        ends=("output_limit",),
        must_end=True,
    ),
    Attempt(
        "11-raw-system-calls",
        """
def called(name):
    result = getattr(libc, name)(*[b"/"] if name in ("chroot", "acct") else [0x10000000, 0, 0, 0])
    if result < 0:
        raise OSError(name)
    return result

def main(**facts):
    buffer = ctypes.create_string_buffer(256)
    calls = {
        "unshare user": (272, 0x10000000), "unshare all": (272, 0x7E020000), "socket": (41, 2, 1, 0), "socket unix": (41, 1, 1, 0),
        "mount": (165, b"none", b"/", b"tmpfs", 0, None), "umount": (166, b"/", 2), "io_uring": (425, 8, buffer),
        "bpf": (321, 0, buffer, 72), "keyctl": (250, 0, -3, 1), "add_key": (248, b"user", b"x", b"x", 1, -3),
        "request_key": (249, b"user", b"x", None, -3), "userfaultfd": (323, 0), "userfaultfd user": (323, 1),
        "perf": (298, buffer, 0, -1, -1, 0), "memfd": (319, b"x", 0), "memfd secret": (447, 0), "setns": (308, 0, 0),
        "chroot": (161, b"/"), "pivot": (155, b"/", b"/"), "open_by_handle": (304, -100, buffer, 0), "name_to_handle": (303, -100, b"/", buffer, buffer, 0),
        "clone newuser": (56, 0x10000000 | 17, 0, 0, 0, 0), "clone thread newuser": (56, 0x10000000 | 0x10900, 0, 0, 0, 0),
        "personality": (135, 0x40000), "seccomp": (317, 1, 0, buffer), "prctl seccomp": (157, 22, 2, buffer), "dumpable": (157, 4, 1, 0, 0, 0),
        "pdeathsig": (157, 1, 0, 0, 0, 0), "keepcaps": (157, 8, 1, 0, 0, 0), "set mm": (157, 35, 1, 0, 0, 0), "ptracer": (157, 0x59616D61, -1, 0, 0, 0),
        "shmget": (29, 0, 4096, 0o1600), "msgget": (68, 0, 0o1600), "semget": (64, 0, 1, 0o1600), "mq_open": (240, b"/x", 66, 0o600, None),
        "splice": (275, 0, 0, 1, 0, 1, 0), "tee": (276, 0, 1, 1, 0), "vmsplice": (278, 1, buffer, 1, 0), "sendfile": (40, 1, 0, 0, 1), "copy_file_range": (326, 0, 0, 1, 0, 1, 0),
        "pidfd_open": (434, 1, 0), "pidfd_getfd": (438, 0, 0, 0), "pidfd_send_signal": (424, 0, 9, 0, 0), "fanotify": (300, 0, 0), "inotify": (294, 0), "process_madvise": (440, 0, 0, 0, 0, 0),
        "setuid": (105, 0), "setgid": (106, 0), "setresuid": (117, 0, 0, 0), "setgroups": (116, 0, None), "capset": (126, buffer, buffer), "setfsuid write": (160, 7, buffer),
        "reboot": (169, 0, 0, 0), "sysctl": (156, buffer), "syslog": (103, 3, buffer, 256), "kexec": (246, 0, 0, 0, 0), "init_module": (175, buffer, 1, b""), "swapon": (167, b"/x", 0),
        "settimeofday": (164, buffer, None), "clock_settime": (227, 0, buffer), "adjtimex": (159, buffer), "sethostname": (170, b"x", 1), "acct": (163, None), "quotactl": (179, 0, None, 0, None),
        "fsopen": (430, b"tmpfs", 0), "open_tree": (428, -100, b"/", 1), "move_mount": (429, 0, b"", 0, b"", 0), "mount_setattr": (442, -100, b"/", 0, buffer, 32),
        "landlock": (444, buffer, 8, 0), "ioperm": (173, 0, 1, 1), "iopl": (172, 3), "modify_ldt": (154, 0, buffer, 64), "set owner": (72, 1, 8, 1), "pipe size": (72, 1, 1031, 1 << 20), "notify": (72, 1, 1026, 1),
        "own signals": (16, 1, 0x8901, buffer), "steal terminal": (16, 0, 0x540E, 0), "type into terminal": (16, 0, 0x5412, buffer), "kcmp": (312, 1, 1, 0, 0, 0), "timer": (222, 0, buffer, buffer),
        "mlock": (149, buffer, 64), "mlockall": (151, 3), "migrate": (256, 0, 1, buffer, buffer), "mbind": (237, 0, 4096, 0, None, 0, 0), "lookup_dcookie": (212, 0, buffer, 64),
        "execve": (59, b"/bin/sh", None, None), "execveat": (322, -100, b"/bin/sh", None, None, 0),
        "signalfd": (289, -1, buffer, 8, 0), "timerfd": (283, 1, 0), "bind": (49, 0, buffer, 16), "listen": (50, 0, 1), "accept": (43, 0, None, None), "sendmsg": (46, 1, buffer, 0), "recvmsg": (47, 0, buffer, 0), "sendmmsg": (307, 1, buffer, 1, 0), "setsockopt": (54, 0, 1, 26, buffer, 16),
    }
    import platform
    if platform.machine() == "x86_64":
        for name, arguments in calls.items():
            attempt(name, lambda: syscall(*arguments))
    for name in ("unshare", "setns", "chroot", "mount", "umount2", "setuid", "setgid", "ptrace", "memfd_create", "personality", "inotify_init", "shmget", "msgget", "semget", "swapon", "reboot", "sethostname", "acct"):
        attempt("libc " + name, lambda: called(name))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "12-links-and-folder-descriptors",
        """
def main(canary, **facts):
    base = os.path.dirname(os.__file__)
    up = "../" * 24
    for start in (base, "/usr/share/zoneinfo", "/dev", "/", "."):
        def through():
            folder = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
            return os.read(os.open(up + canary, os.O_RDONLY, dir_fd=folder), 10)
        attempt("descriptor " + start, through)
        def through_path():
            folder = os.open(start, os.O_PATH)
            return os.read(os.open(up + "etc/passwd", os.O_RDONLY, dir_fd=folder), 10)
        attempt("O_PATH " + start, through_path)
        attempt("path " + start, lambda: read(start + "/" + up + canary))
        attempt("chdir " + start, lambda: os.chdir(start + "/" + up))
    for link in ("/dev/fd/0/../../../etc/passwd", "/dev/fd/3", "/dev/stdin", "/proc/self/fd/3", "/proc/self/cwd", "/proc/self/root", "/dev/core"):
        attempt(link, lambda: read(link), good=lambda data: data == b"")  # its own /dev/null
    attempt("symlink", lambda: os.symlink(canary, "/tmp/link"))
    attempt("hard link", lambda: os.link(os.__file__, "/tmp/link"))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "13-signals",
        """
def main(service, forkserver, node, **facts):
    for pid in (0, -1, 1, -service, -forkserver, service, forkserver, node, os.getpid(), os.getppid()):
        for number in (0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            attempt(f"kill {pid} {number}", lambda: os.kill(pid, number))
    for group in (0, 1, service, forkserver):
        attempt(f"group {group}", lambda: os.killpg(group, 9))
    for pid in (service, forkserver, node):
        attempt(f"tkill {pid}", lambda: syscall(200, pid, 9))
        attempt(f"tgkill {pid}", lambda: syscall(234, pid, pid, 9))
        attempt(f"queue {pid}", lambda: syscall(129, pid, 9, ctypes.create_string_buffer(128)))
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "14-execute",
        """
import subprocess
def main(python, node_path, **facts):
    for path in ("/bin/sh", "/usr/bin/env", python, node_path, "/lib64/ld-linux-x86-64.so.2", sys.executable):
        attempt("execv " + path, lambda: os.execv(path, [path, "--version"]))
        attempt("spawn " + path, lambda: os.posix_spawn(path, [path, "--version"], {}))
        attempt("run " + path, lambda: subprocess.run([path, "--version"], capture_output=True).stdout)
        attempt("spawnv " + path, lambda: os.spawnv(os.P_WAIT, path, [path]), good=lambda code: code != 0)
    attempt("system", lambda: os.system("id"), good=lambda code: code != 0)
    attempt("popen", lambda: os.popen("id").read())
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "15-inherited-descriptors",
        """
def main(**facts):
    for descriptor in range(4, 4096):
        attempt(f"descriptor {descriptor}", lambda: os.fstat(descriptor))
    for descriptor in range(4):
        def more():
            mode = os.fstat(descriptor).st_mode
            return "pipe or null" if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) else mode
        attempt(f"descriptor {descriptor}", more, good=lambda kind: kind == "pipe or null")
    return {"leaks": leaks}
""",
    ),
    Attempt(
        "16-close-pipes-and-spin",
        """
def main(**facts):
    os.closerange(0, 64)
    while True:
        pass
""",
        ends=("crashed", "timeout"),
        must_end=True,
        timeout=6,
    ),
    Attempt(
        "17-huge-result",
        "def main(**facts):\n    return {'x': 'y' * (100 << 20)}\n",
        ends=("result_limit", "memory"),
        must_end=True,
    ),
    Attempt(
        "18-thread-bomb",
        """
def main(**facts):
    threads = []
    threading.stack_size(65536)
    for _ in range(5000):
        try:
            thread = threading.Thread(target=time.sleep, args=(60,), daemon=True)
            thread.start()
            threads.append(thread)
        except (RuntimeError, MemoryError):
            break
    if len(threads) > 1000:
        leaks.append(len(threads))
    return {"leaks": leaks}
""",
        ends=("memory", "timeout"),
    ),
    Attempt(
        "19-endless-library-calls",
        """
import re
def main(which, **facts):
    if which == "number":
        return {"x": len(str(10 ** 10 ** 8))}
    return {"x": bool(re.match("(a+)+$", "a" * 64 + "b"))}
""",
        ends=("timeout", "memory", "exception"),
        must_end=True,
        timeout=1,
    ),
    Attempt(
        "20-crash",
        """
def main(**facts):
    sys.setrecursionlimit(10 ** 9)
    def deeper(n):
        return deeper(n + 1) + 1
    try:
        deeper(0)
    except RecursionError:
        pass
    ctypes.string_at(0)
""",
        ends=("crashed", "memory", "exception"),
        must_end=True,
        timeout=20,  # a million frames take a second of processor time
    ),
]
