"""How many passwords this machine can hash, if it does nothing else."""

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from argon2.low_level import Type, hash_secret

from authenticate_app.accounts.hashers import Argon2idPasswordHasher

SALT_BYTES = 16


def hashes_per_second(seconds: float) -> float:
    """Hash on every processor for so long, as the server does; threads will do, since hashing lets others run."""
    processors = os.cpu_count() or 1
    began = time.monotonic()
    with ThreadPoolExecutor(processors) as pool:
        done = sum(pool.map(_hash_until, [began + seconds] * processors))
    return done / (time.monotonic() - began)


def _hash_until(end: float) -> int:
    done = 0
    while time.monotonic() < end:
        _hash()
        done += 1
    return done


def _hash() -> None:
    parameters = Argon2idPasswordHasher().params()
    hash_secret(
        b"a password",
        secrets.token_bytes(SALT_BYTES),
        time_cost=parameters.time_cost,
        memory_cost=parameters.memory_cost,
        parallelism=parameters.parallelism,
        hash_len=parameters.hash_len,
        type=Type.ID,
    )
