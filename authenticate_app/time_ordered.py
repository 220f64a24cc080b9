"""Ids that are random and yet rise with time, so that their index grows at one end only."""

import secrets
import uuid
from datetime import datetime

RANDOM_BITS = 74


def new_time_ordered_id(*, at: datetime) -> uuid.UUID:
    """Return a fresh UUID of version 7: the milliseconds of ``at``, then 74 random bits (RFC 9562, section 5.7)."""
    randomness = secrets.randbits(RANDOM_BITS)
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | (randomness >> 62) << 64 | 0b10 << 62 | (randomness & (1 << 62) - 1)
    )
