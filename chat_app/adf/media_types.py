"""Which media types are spoken, and which of them a client prefers (RFC 9110, section 12.5.1)."""

import re
from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
RESOURCE_ITEM: Final = "application/vnd.oracle.adf.resourceitem+json"
DESCRIPTION: Final = "application/vnd.oracle.adf.description+json"
ERROR: Final = "application/vnd.oracle.adf.error+json"
TEXT: Final = "text/plain"

LONGEST_REMEMBERED_HEADER = 300
"""Longer headers are rare and not remembered, so that nobody can fill the memory with them."""
QUALITY = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def preferred(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """Return the offer that the header ``Accept`` prefers, or None when it excludes them all.

    Among offers of the same quality the first wins. Parameters of media ranges other than ``q`` do
    not count: clients add ``charset=utf-8``, and every offer is UTF-8.
    """
    if accept is None or not accept.strip():
        return offers[0]
    if len(accept) > LONGEST_REMEMBERED_HEADER:
        return _preferred.__wrapped__(accept, offers)
    return _preferred(accept, offers)


@lru_cache(maxsize=256)
def _preferred(accept: str, offers: tuple[str, ...]) -> str | None:
    ranges = dict(_media_range(item) for item in accept.split(","))
    best = max(offers, key=lambda offer: _quality(offer, ranges))
    return best if _quality(best, ranges) > 0 else None


def _media_range(item: str) -> tuple[str, float]:
    """Split ``text/*;q=0.5``; a quality that is not valid counts as 1."""
    match = QUALITY.search(item)
    return item.partition(";")[0].strip().lower(), float(match.group(1)) if match else 1.0


def _quality(offer: str, ranges: dict[str, float]) -> float:
    """Return the quality of the most specific range that matches."""
    for media_range in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        if media_range in ranges:
            return ranges[media_range]
    return 0.0
