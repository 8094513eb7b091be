"""Which system calls a run may make. What is not named here is refused with EPERM, never by killing."""

import errno

from . import bpf, calls
from .bpf import Condition, Masked, OneOf

MEMORY = "brk mmap munmap mremap mprotect madvise membarrier"
FILES = """read readv pread64 preadv write writev pwrite64 lseek close close_range open openat openat2 stat fstat
    lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd dup dup2 dup3
    fadvise64 umask"""
PIPES = """pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 eventfd eventfd2 shutdown getsockname getpeername getsockopt recvfrom"""
THREADS = """futex futex_waitv get_robust_list set_robust_list rseq set_tid_address sched_yield sched_getaffinity
    sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu arch_prctl"""
TIME = "gettimeofday time clock_gettime clock_getres nanosleep clock_nanosleep times"
SELF = """getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid
    getpriority rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall uname sysinfo
    getrlimit getrusage getrandom exit exit_group"""
ALLOWED = frozenset(" ".join((MEMORY, FILES, PIPES, THREADS, TIME, SELF)).split())

CLONE_THREAD_OF_SAME_MEMORY = 0x00010000 | 0x00000100 | 0x00000800  # CLONE_THREAD, CLONE_VM, CLONE_SIGHAND
CLONE_NEW = 0x7E020080  # every CLONE_NEW* flag
CLONE_PTRACE = 0x00002000
AF_UNIX, SOCK_STREAM = 1, 1
MAP_SHARED = 1
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ = 0, 1, 2, 3, 4, 1030, 1032
TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX = 0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451

CONDITIONAL: dict[str, tuple[Condition, ...]] = {
    # Threads, never processes or namespaces.
    "clone": (Masked(0, CLONE_THREAD_OF_SAME_MEMORY | CLONE_NEW | CLONE_PTRACE, CLONE_THREAD_OF_SAME_MEMORY),),
    # asyncio wakes itself by a pair. Datagrams could be addressed to others, so that streams only.
    "socketpair": (OneOf(0, (AF_UNIX,)), Masked(1, 0xF, SOCK_STREAM), OneOf(2, (0,))),
    "sendto": (OneOf(4, (0,)),),
    "prctl": (OneOf(0, (calls.PR_SET_NAME, calls.PR_GET_NAME, calls.PR_SET_VMA)),),
    "prlimit64": (OneOf(0, (0,)), OneOf(2, (0,))),  # to read one's own
    # Not F_SETOWN, which sends signals to others, and not F_SETPIPE_SZ.
    "fcntl": (OneOf(1, (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ)),),
    "ioctl": (OneOf(1, (TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX)),),
}
# The C library then falls back to clone, whose flags a filter can see.
REFUSED = {"clone3": errno.ENOSYS}


def for_python() -> bytes:
    """The filter of Python and Jinja2 runs. Raises calls.UnknownMachineError."""
    return bpf.assemble(machine=calls.machine(), allowed=ALLOWED, conditional=CONDITIONAL, refused=REFUSED)


def for_node(path_address: int) -> bytes:
    """The filter of JavaScript runs, which must still start node.

    Args:
        path_address: where the path given to execve lies in memory. Only that pointer passes, and after the start
            nothing lies there any more.

    Raises:
        calls.UnknownMachineError: no table for this machine.
    """
    special: dict[str, tuple[Condition, ...]] = {
        "execve": (Masked(0, 0xFFFFFFFFFFFFFFFF, path_address),),
        # Shared memory is not counted by RLIMIT_DATA, and node has no limit of its address space.
        "mmap": (Masked(3, MAP_SHARED, 0),),
    }
    return bpf.assemble(
        machine=calls.machine(),
        allowed=ALLOWED - special.keys(),
        conditional={**CONDITIONAL, **special},
        refused=REFUSED,
    )
