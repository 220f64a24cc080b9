"""Releases of Fusion, which decide what the server behaves like (docs/compatibility.md)."""

import re
from functools import lru_cache
from typing import NamedTuple

FORM = re.compile(r"(?:R|11\.)(\d{1,3}(?:\.\d{1,3}){0,3})", re.IGNORECASE)


class Release(NamedTuple):
    """A release by its five numbers, such as 11.13.24.10.0; releases are ordered in time."""

    major: int
    minor: int
    year: int
    month: int
    patch: int = 0

    @staticmethod
    def parse(text: str) -> "Release":
        """Read ``R13.18.05``, ``11.13.18.05`` or ``11.13.18.05.0``, which are the same release.

        Raises ``ValueError`` when the text is not a release.
        """
        return _parse(text)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.year:02}.{self.month:02}.{self.patch}"

    @property
    def assigns_queue(self) -> bool:
        """Whether the queue is assigned; before, it is always 1."""
        return self > LAST_WITHOUT_QUEUES

    @property
    def assigns_interface(self) -> bool:
        """Whether the interface is assigned; before, it is always 1."""
        return self >= FIRST_WITH_INTERFACES


@lru_cache(maxsize=16)
def _parse(text: str) -> "Release":
    match = FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a release such as 11.13.24.10.0 or R13.18.05.")
    numbers = [11, *(int(number) for number in match.group(1).split("."))]
    major, minor, year, month, patch = [*numbers, 0, 0, 0][:5]
    return Release(major, minor, year, month, patch)


LAST_WITHOUT_QUEUES = Release(11, 13, 17, 11)
FIRST_WITH_INTERFACES = Release(11, 13, 18, 5)
NEWEST = Release(11, 13, 24, 10)
ONLY_ID = 1
"""The queue, or the interface, of releases that do not assign one."""
