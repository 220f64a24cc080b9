"""Ids that are random and yet rise with time, so that their index grows at one end only."""

import secrets
import uuid
from datetime import datetime

RANDOM_BITS = 74
VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62


def new_time_ordered_id(*, at: datetime) -> uuid.UUID:
    """Return a fresh UUID of version 7: the milliseconds of ``at``, then 74 random bits (RFC 9562, section 5.7)."""
    randomness = secrets.randbits(RANDOM_BITS)
    return uuid.UUID(int=_begin(at) | (randomness >> 62) << 64 | randomness & (1 << 62) - 1)


def first_time_ordered_id(*, at: datetime) -> uuid.UUID:
    """Return the lowest id that can be made at ``at``."""
    return uuid.UUID(int=_begin(at))


def _begin(at: datetime) -> int:
    return int(at.timestamp() * 1000) << 80 | VERSION_AND_VARIANT
