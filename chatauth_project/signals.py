"""Signals of the supervisor and of its workers, none of which may get lost.

A handler of Python's waits until the main thread runs Python code. A signal that comes just before the main thread
begins to wait for a lock is noticed only when the lock is free, and these main threads do nothing but wait: such a
worker would have to be killed. So threads of their own wait for the signals here.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing import resource_tracker
from threading import Thread

STOP = frozenset({signal.SIGINT, signal.SIGTERM})
HEAD_START_SECONDS = 1.0
"""How long a worker that somebody else stops waits for its supervisor to say the same."""
_PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""


def call_when_stopped(act: Callable[[], object]) -> None:
    """Call ``act`` in the supervisor, in a thread of its own, whenever a signal says to stop.

    For the main thread, once the signals have handlers or are about to get them. Its children begin with these signals
    blocked, so that none ends them before they know what to do about it.
    """
    resource_tracker.ensure_running()  # which would unblock the signals when the first child is spawned
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    told, tell = socket.socketpair()
    tell.setblocking(False)
    signal.set_wakeup_fd(tell.detach(), warn_on_full_buffer=False)
    Thread(target=_act_when_told, args=(told, act), name="stop", daemon=True).start()


def _act_when_told(told: socket.socket, act: Callable[[], object]) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)  # for this thread: somebody has to take them
    while number := told.recv(1):
        if number[0] in STOP:
            act()


def call_at_sigterm(act: Callable[[], object]) -> None:
    """Call ``act`` in a worker, in a thread of its own, at the first SIGTERM; further ones change nothing.

    To be called before any other thread is started.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # threads inherit it
    Thread(target=_wait_and_act, args=(act,), name="sigterm", daemon=True).start()


def _wait_and_act(act: Callable[[], object]) -> None:
    sender = signal.sigwaitinfo({signal.SIGTERM}).si_pid
    if sender != os.getppid():
        # Told together with us, the supervisor would take an end before its own word for a failure.
        signal.sigtimedwait({signal.SIGTERM}, HEAD_START_SECONDS)
    act()


def leave_to_supervisor() -> None:
    """Let a worker ignore what a terminal sends to all processes at once, Ctrl-C and its own end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def end_with_supervisor() -> None:
    """Let a worker get SIGTERM when the supervisor ends: nobody else would stop it, and it would keep the port."""
    supervisor = multiprocessing.parent_process()
    end_with_parent(None if supervisor is None else supervisor.pid)


def end_with_parent(pid: int | None) -> None:
    """Let this process get SIGTERM when its parent ends, also if it has already and was the process ``pid``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if pid is not None and pid != os.getppid():
            os.kill(os.getpid(), signal.SIGTERM)
