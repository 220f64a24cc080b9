"""Which processes live, and which only seem to."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.01


def runs(pid: int) -> bool:
    """Whether the process does anything: one that has ended may wait long for its parent to notice."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return exists(pid) and not Path("/proc/self").exists()
    return state != "Z"


def exists(pid: int) -> bool:
    """Whether the number is taken, be it by a process that has ended and is not buried yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def children_of(pid: int) -> list[int]:
    """Return the processes that the main thread of this one has started (Linux; else none)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_until_gone(pids: Sequence[int]) -> None:
    """Return when all of them have ended. Raises ``TimeoutError`` after a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {list(pids)} have not ended")
        time.sleep(POLL_SECONDS)
