"""``.ci/run``: what it installs where it is missing, and what it does where it cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.databases import ROOT

THERE = ("sh", "date", "dirname")
"""Programs of the system that the script uses."""
BOTH = ("chromium", "redis-server")


def run(folder: Path, *programs: str, user: int, has_network: bool = True) -> tuple[int, str, list[str]]:
    """Run it where these programs are there; answers its status, what it said, and what it ran of others."""
    ran = folder / "ran"
    ran.touch()
    for name in THERE:
        (folder / name).symlink_to(str(shutil.which(name)))
    makes = {"make": "", "id": f"echo {user}", "apt-get": "" if has_network else "exit 100"}
    for name, act in {**makes, **dict.fromkeys(programs, "")}.items():
        script = folder / name
        said = "" if name == "id" else f'echo "{name} $*" >> {ran}\n'
        script.write_text(f"#!/bin/sh\n{said}{act}\n")
        script.chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"], env={**os.environ, "PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr, ran.read_text().splitlines()


def installed(lines: list[str]) -> list[str]:
    return [line.split()[-1] for line in lines if line.startswith("apt-get install")]


@pytest.mark.parametrize("missing", [(), ("redis-server",), ("chromium",), BOTH], ids=str)
def test_root_gets_what_is_missing(tmp_path: Path, missing: tuple[str, ...]) -> None:
    status, said, lines = run(tmp_path, *set(BOTH) - set(missing), user=0)
    assert (status, said) == (0, "")
    assert installed(lines) == [name for name in BOTH if name in missing]
    assert lines.count("apt-get update -qq") == (1 if missing else 0)
    assert [line.split()[-1] for line in lines if line.startswith("make")] == ["install", "lint", "test"]


@pytest.mark.parametrize(("user", "has_network"), [(1000, True), (0, False)])
def test_without_redis_it_goes_on_and_says_so_loudly(tmp_path: Path, user: int, has_network: bool) -> None:
    status, said, lines = run(tmp_path, "chromium", user=user, has_network=has_network)
    assert status == 0
    assert "ITS TESTS WILL BE SKIPPED" in said
    assert "make --no-print-directory test" in lines


@pytest.mark.parametrize(("user", "has_network"), [(1000, True), (0, False)])
def test_without_a_browser_it_fails(tmp_path: Path, user: int, has_network: bool) -> None:
    status, said, lines = run(tmp_path, "redis-server", user=user, has_network=has_network)
    assert status == 1
    assert "Chromium failed" in said
    assert not [line for line in lines if line.startswith("make")]
