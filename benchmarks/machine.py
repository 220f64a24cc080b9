"""What a measurement was made on: results without it mean nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg

from benchmarks.resources import MEBIBYTE
from chatauth_project.embedded_postgres import EmbeddedPostgres

PROJECT = Path(__file__).resolve().parent.parent


def description(cluster: EmbeddedPostgres) -> list[str]:
    """Return a few lines: when, which state of the project, machine, versions of what carries it."""
    memory = psutil.virtual_memory().total / MEBIBYTE / 1024
    return [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at commit {_commit()}.",
        f"{_processor()}, {os.cpu_count()} processors, {memory:.0f} GB of memory,"
        f" Linux {platform.release().partition('-')[0]};"
        " server, database and load generator on this one machine.",
        f"Python {platform.python_version()}, Django {version('django')}, granian {version('granian')},"
        f" PostgreSQL {_postgres(cluster)} as it comes (fsync on, synchronous commit).",
    ]


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _postgres(cluster: EmbeddedPostgres) -> str:
    with psycopg.connect(cluster.url("postgres")) as connection:
        return str(connection.info.parameter_status("server_version"))
