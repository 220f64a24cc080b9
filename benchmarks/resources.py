"""What processes use, and what an RSA signature costs on the same machine at the same time."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean

import psutil
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MEBIBYTE = 2**20
WARM_UP = 150
BURST = 20
PAUSE_SECONDS = 0.1
KEY_BITS = 2048
PUBLIC_EXPONENT = 65537
SIGNED = b"x" * 300
"""About as long as what is signed of a chat token."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU that two groups of processes have used up to now."""

    server: float
    database: float

    def __sub__(self, earlier: "Cpu") -> "Cpu":
        return Cpu(self.server - earlier.server, self.database - earlier.database)


def cpu_seconds(root: int) -> float:
    """Return the CPU time, user and system, of a process and all below it, also of those that have ended."""
    return sum(_cpu_seconds(process) for process in family(root))


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def family(root: int) -> Iterable[psutil.Process]:
    """Return a process and all below it."""
    parent = psutil.Process(root)
    return [parent, *parent.children(recursive=True)]


def resident_megabytes(processes: Iterable[psutil.Process]) -> list[float]:
    """Return how much memory each process holds, in MiB."""
    return [process.memory_info().rss / MEBIBYTE for process in processes]


class Signatures:
    """The measure that makes results of different machines comparable: one RSA-2048 signature.

    It is taken while the load runs, in bursts so short that they take little from it: what makes a machine slow for a
    moment, such as neighbours or a lower clock, then touches the measure and the measured alike.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)
        self._sign(WARM_UP)  # the first ones are slower

    @contextmanager
    def sampled(self) -> Iterator["Samples"]:
        """Sign now and then for as long as the block runs."""
        samples, ended = Samples(), threading.Event()
        thread = threading.Thread(target=self._sample, args=(samples, ended))
        thread.start()
        try:
            yield samples
        finally:
            ended.set()
            thread.join()

    def _sample(self, samples: "Samples", ended: threading.Event) -> None:
        while True:
            began = time.thread_time()
            self._sign(BURST)
            samples.cpu_seconds.append((time.thread_time() - began) / BURST)
            if ended.wait(PAUSE_SECONDS):
                return

    def _sign(self, times: int) -> None:
        pad, digest = padding.PKCS1v15(), hashes.SHA256()
        for _ in range(times):
            self._key.sign(SIGNED, pad, digest)


@dataclass(frozen=True, slots=True)
class Samples:
    """CPU seconds of one signature, at many moments."""

    cpu_seconds: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """The CPU seconds of one signature, over the whole time."""
        return mean(self.cpu_seconds)
