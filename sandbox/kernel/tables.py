"""System call numbers by machine; a machine without a table is refused.

Source: Linux 6.1 headers, `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (arm64); numbers never change.
"""

# fmt: off
X86_64 = {
    "access": 21, "arch_prctl": 158, "brk": 12, "capset": 126, "clock_getres": 229, "clock_gettime": 228,
    "clock_nanosleep": 230, "clone": 56, "clone3": 435, "close": 3, "close_range": 436, "dup": 32, "dup2": 33,
    "dup3": 292, "epoll_create": 213, "epoll_create1": 291, "epoll_ctl": 233, "epoll_pwait": 281,
    "epoll_pwait2": 441, "epoll_wait": 232, "eventfd": 284, "eventfd2": 290, "execve": 59, "exit": 60,
    "exit_group": 231, "faccessat": 269, "faccessat2": 439, "fadvise64": 221, "fcntl": 72, "fstat": 5, "futex": 202,
    "futex_waitv": 449, "get_robust_list": 274, "getcpu": 309, "getcwd": 79, "getdents": 78, "getdents64": 217,
    "getegid": 108, "geteuid": 107, "getgid": 104, "getgroups": 115, "getpeername": 52, "getpgid": 121,
    "getpgrp": 111, "getpid": 39, "getppid": 110, "getpriority": 140, "getrandom": 318, "getresgid": 120,
    "getresuid": 118, "getrlimit": 97, "getrusage": 98, "getsid": 124, "getsockname": 51, "getsockopt": 55,
    "gettid": 186, "gettimeofday": 96, "getuid": 102, "ioctl": 16, "landlock_add_rule": 445,
    "landlock_create_ruleset": 444, "landlock_restrict_self": 446, "lseek": 8, "lstat": 6, "madvise": 28,
    "membarrier": 324, "mmap": 9, "mount_setattr": 442, "mprotect": 10, "mremap": 25, "munmap": 11, "nanosleep": 35,
    "newfstatat": 262, "open": 2, "openat": 257, "openat2": 437, "pipe": 22, "pipe2": 293, "pivot_root": 155,
    "poll": 7, "ppoll": 271, "prctl": 157, "pread64": 17, "preadv": 295, "prlimit64": 302, "pselect6": 270,
    "pwrite64": 18, "read": 0, "readlink": 89, "readlinkat": 267, "readv": 19, "recvfrom": 45,
    "restart_syscall": 219, "rseq": 334, "rt_sigaction": 13, "rt_sigpending": 127, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "sched_get_priority_max": 146, "sched_get_priority_min": 147, "sched_getaffinity": 204,
    "sched_getparam": 143, "sched_getscheduler": 145, "sched_yield": 24, "select": 23, "sendto": 44,
    "set_robust_list": 273, "set_tid_address": 218, "shutdown": 48, "sigaltstack": 131, "socketpair": 53, "stat": 4,
    "statx": 332, "sysinfo": 99, "time": 201, "times": 100, "umask": 95, "uname": 63, "write": 1, "writev": 20,
}

ARM64 = {
    "brk": 214, "capset": 91, "clock_getres": 114, "clock_gettime": 113, "clock_nanosleep": 115, "clone": 220,
    "clone3": 435, "close": 57, "close_range": 436, "dup": 23, "dup3": 24, "epoll_create1": 20, "epoll_ctl": 21,
    "epoll_pwait": 22, "epoll_pwait2": 441, "eventfd2": 19, "execve": 221, "exit": 93, "exit_group": 94,
    "faccessat": 48, "faccessat2": 439, "fadvise64": 223, "fcntl": 25, "fstat": 80, "futex": 98, "futex_waitv": 449,
    "get_robust_list": 100, "getcpu": 168, "getcwd": 17, "getdents64": 61, "getegid": 177, "geteuid": 175,
    "getgid": 176, "getgroups": 158, "getpeername": 205, "getpgid": 155, "getpid": 172, "getppid": 173,
    "getpriority": 141, "getrandom": 278, "getresgid": 150, "getresuid": 148, "getrlimit": 163, "getrusage": 165,
    "getsid": 156, "getsockname": 204, "getsockopt": 209, "gettid": 178, "gettimeofday": 169, "getuid": 174,
    "ioctl": 29, "landlock_add_rule": 445, "landlock_create_ruleset": 444, "landlock_restrict_self": 446,
    "lseek": 62, "madvise": 233, "membarrier": 283, "mmap": 222, "mount_setattr": 442, "mprotect": 226,
    "mremap": 216, "munmap": 215, "nanosleep": 101, "newfstatat": 79, "openat": 56, "openat2": 437, "pipe2": 59,
    "pivot_root": 41, "ppoll": 73, "prctl": 167, "pread64": 67, "preadv": 69, "prlimit64": 261, "pselect6": 72,
    "pwrite64": 68, "read": 63, "readlinkat": 78, "readv": 65, "recvfrom": 207, "restart_syscall": 128, "rseq": 293,
    "rt_sigaction": 134, "rt_sigpending": 136, "rt_sigprocmask": 135, "rt_sigreturn": 139,
    "sched_get_priority_max": 125, "sched_get_priority_min": 126, "sched_getaffinity": 123, "sched_getparam": 121,
    "sched_getscheduler": 120, "sched_yield": 124, "sendto": 206, "set_robust_list": 99, "set_tid_address": 96,
    "shutdown": 210, "sigaltstack": 132, "socketpair": 199, "statx": 291, "sysinfo": 179, "times": 153, "umask": 166,
    "uname": 160, "write": 64, "writev": 66,
}
# fmt: on
