"""The network closed to a process: nothing flows in, a yes or no flows out; from then on only Unix sockets can be made.

The second wall behind the guard, which takes SERVICE out of queries: the engine could fetch by itself. A seccomp filter
(Linux, seccomp(2)) needs no privilege, costs a reader nothing that can be measured, and is inherited by what it forks.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import platform
import struct
import sys

log = logging.getLogger(__name__)

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM
AF_UNIX = 1

# The kernel's number of the architecture, and of socket(2) on it; socketpair(2) makes no connection to elsewhere.
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
IO_URING_SETUP = 425  # the same everywhere: a ring could make sockets without socket(2)
X32 = 0x40000000  # on x86_64, a second set of numbers for the same calls

# Instructions of classic BPF, each (code, jump if true, jump if false, value); offsets are those of `seccomp_data`.
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def close_network() -> bool:
    """Let this process, and what it forks, make Unix sockets alone; whether the system could be made to."""
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        log.warning("the network of the reader processes is not closed: no filter for this system.")
        return False
    filters = _filter(*machine)
    program = _Program(len(filters) // 8, filters)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        done = bool(
            libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            and libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
        )
    except (OSError, AttributeError):
        done = False
    if not done:
        reason = os.strerror(ctypes.get_errno())
        log.warning("the network of the reader processes is not closed: %s.", reason)
    return done


def _filter(architecture: int, socket: int) -> bytes:
    """What the kernel runs at each system call: it ends at the first RETURN; a jump skips so many instructions."""
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, 7, architecture),  # calls in another mode of the processor have other numbers: none of them
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 5, 0, X32),
        (EQUAL, 4, 0, IO_URING_SETUP),
        (EQUAL, 0, 2, socket),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (EQUAL, 0, 1, AF_UNIX),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAIL),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
