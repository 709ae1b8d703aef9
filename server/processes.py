"""Child processes that do not outlive their parent, and can be told from it."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, even by `kill -9`.

    parent: the parent's process id, in case that it is gone already. The kernel watches the
    thread that forked: fork from the main thread. Does nothing where there is no such call.
    """
    if not hasattr(_libc, "prctl"):
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def call_oneself(name: str) -> None:
    """What the kernel calls this process (`/proc/…/comm`), as `ps` and `top` show it.

    name: at most 15 bytes. Does nothing where there is no such call.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)
