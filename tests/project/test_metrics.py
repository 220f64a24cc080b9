import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatauth_project.metrics import DIRECTORY_VARIABLE, forget_ended_workers


def test_gauges_of_ended_workers_are_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    kept = {f"gauge_livesum_{os.getpid()}.db", f"counter_{ended.pid}.db", f"counter_{os.getpid()}.db"}
    for name in (*kept, f"gauge_livesum_{ended.pid}.db"):
        (tmp_path / name).touch()
    forget_ended_workers()
    assert {file.name for file in tmp_path.iterdir()} == kept
