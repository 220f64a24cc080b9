"""Processes beside the server, of background jobs or of the chat server, and the thread that watches over them."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from threading import Event, Thread

import structlog
from django.conf import settings

log = structlog.get_logger("chatauth.serving")

LOOK_SECONDS = 0.25
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
"""Before a process that ended is started again; twice as long each time, while they end at once."""
STEADY_SECONDS = 10.0
"""After so long a process has not ended at once."""
STOP_SECONDS = 10.0
"""How long all of them may take to stop before they are killed; they give themselves less."""


@dataclass(slots=True)
class _Place:
    """One of the processes, and those that took its place."""

    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    begin_at: float = field(default_factory=time.monotonic)


class ChildProcesses:
    """Starts ``number`` processes of a command of ours, and others for those that end, until it is stopped."""

    def __init__(self, command: str, number: int) -> None:
        self._command = command
        self._places = [_Place() for _ in range(number)]
        self._stopping = Event()
        # The kernel tells the processes when the thread ends that started them: one that lives as long as they do.
        self._thread = Thread(target=self._watch, name=command, daemon=True)

    def start(self) -> None:
        """Start the processes soon; does not wait for any."""
        if self._places:
            self._thread.start()

    def stop(self) -> None:
        """Tell all processes to end; does not wait for them. May be called from any thread, and again."""
        self._stopping.set()

    def join(self) -> None:
        """Tell all processes to end, and return when they have; after ``STOP_SECONDS`` they are killed."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_SECONDS)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            for place in self._places:
                self._look_after(place)
            self._stopping.wait(LOOK_SECONDS)
        self._end_all()

    def _look_after(self, place: _Place) -> None:
        now = time.monotonic()
        if place.process is not None and place.process.poll() is not None:
            self._note_end(place, now)
        if place.process is None and now >= place.begin_at:
            place.process, place.started = _start(self._command), now

    def _note_end(self, place: _Place, now: float) -> None:
        assert place.process is not None  # noqa: S101 - for the type checker: it has ended
        log.warning("process ended", command=self._command, status=place.process.returncode)
        is_steady = now - place.started > STEADY_SECONDS
        place.pause = FIRST_PAUSE_SECONDS if is_steady else min(place.pause * 2, LONGEST_PAUSE_SECONDS)
        place.process, place.begin_at = None, now + place.pause

    def _end_all(self) -> None:
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: str) -> "subprocess.Popen[bytes]":
    manage = os.fspath(settings.BASE_DIR / "manage.py")
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, manage, command, f"--supervisor={os.getpid()}"], stdin=subprocess.DEVNULL
    )
