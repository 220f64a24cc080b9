"""``/metrics``: the counters of all workers together, on a port of their own.

Every process writes its numbers into files of one directory (Prometheus's multiprocess mode); the
process that watches over the workers adds them up when it is asked. A metric keeps what a worker had
counted when the worker ends.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from chatauth_project.processes import runs

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare_directory() -> None:
    """Make the directory for this run; to be called before anything imports ``prometheus_client``.

    It is removed when this process ends.
    """
    directory = tempfile.mkdtemp(prefix="chatauth-metrics-")
    os.environ[DIRECTORY_VARIABLE] = directory
    atexit.register(_remove, Path(directory), owner=os.getpid())


def _remove(directory: Path, *, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)


def serve(host: str, port: int) -> None:
    """Answer ``GET /metrics`` on a thread of its own. Raises ``OSError`` when the port is taken."""
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    start_http_server(port, addr=host, registry=registry)


def forget_ended_workers() -> None:
    """Take back the gauges of workers that have ended; their counters stay."""
    directory = Path(os.environ[DIRECTORY_VARIABLE])
    for file in directory.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not runs(int(pid)):
            file.unlink(missing_ok=True)
