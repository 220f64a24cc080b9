"""Signals are heard even where Python's own handlers stay silent: while the main thread is stuck in native code."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30
PROGRAM = """
import ctypes, os, signal, threading
from chatauth_project import signals

told = threading.Event()
{begin}

def tell():
    os.write(1, b"ready\\n")
    told.wait()
    os.write(1, b"told\\n")
    os._exit(0)

threading.Thread(target=tell).start()
library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
library.pthread_mutex_lock(mutex)
library.pthread_mutex_lock(mutex)  # for ever; no signal ends this wait
"""
WORKER = "signals.leave_to_supervisor(); signals.call_at_sigterm(told.set)"
SUPERVISOR = """
for number in signals.STOP:
    signal.signal(number, lambda *_: None)
signals.call_when_stopped(told.set)
"""


@contextmanager
def process(begin: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", PROGRAM.format(begin=begin)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        try:
            yield started
        finally:
            started.kill()


def told(started: "subprocess.Popen[bytes]") -> bytes:
    return started.communicate(timeout=PATIENCE_SECONDS)[0]


@pytest.mark.parametrize(
    ("begin", "number"),
    [(WORKER, signal.SIGTERM), (SUPERVISOR, signal.SIGTERM), (SUPERVISOR, signal.SIGINT)],
)
def test_a_stuck_main_thread_keeps_nobody_from_hearing(begin: str, number: signal.Signals) -> None:
    with process(begin) as started:
        started.send_signal(number)
        assert told(started) == b"told\n"


def test_a_worker_leaves_a_terminals_signals_to_its_supervisor() -> None:
    with process(WORKER) as started:
        started.send_signal(signal.SIGINT)
        started.send_signal(signal.SIGHUP)
        started.send_signal(signal.SIGTERM)
        assert told(started) == b"told\n"


def test_a_worker_ends_though_only_a_stranger_says_so() -> None:
    with process(WORKER) as started:
        stranger = [sys.executable, "-c", f"import os; os.kill({started.pid}, {signal.SIGTERM:d})"]
        subprocess.run(stranger, check=True, timeout=PATIENCE_SECONDS)
        assert told(started) == b"told\n"


def test_children_of_the_supervisor_begin_deaf_to_stops() -> None:
    child = "import os, signal; os.write(1, repr(signal.pthread_sigmask(signal.SIG_BLOCK, []) >= {2, 15}).encode())"
    begin = f"{SUPERVISOR}\nimport subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(begin=begin)], cwd=ROOT, stdout=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"Trueready\n"
        os.kill(started.pid, signal.SIGTERM)
        assert told(started) == b"told\n"
