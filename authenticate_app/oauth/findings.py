"""What a test of a client finds, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


class Verdict(StrEnum):
    """How one step of a test ended."""

    RIGHT = "right"
    WRONG = "wrong"
    ADVICE = "advice"
    """It works, and could be done better."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One step: what was looked at, how it ended, and a sentence that says what would be right."""

    subject: "StrOrPromise"
    verdict: Verdict
    sentence: "StrOrPromise"


def right(subject: "StrOrPromise", sentence: "StrOrPromise") -> Finding:
    """A step that ended well."""
    return Finding(subject, Verdict.RIGHT, sentence)


def wrong(subject: "StrOrPromise", sentence: "StrOrPromise") -> Finding:
    """A step that ends the way."""
    return Finding(subject, Verdict.WRONG, sentence)


def advice(subject: "StrOrPromise", sentence: "StrOrPromise") -> Finding:
    """A step that ended well, with something to say about it."""
    return Finding(subject, Verdict.ADVICE, sentence)


def faults(findings: Iterable[Finding]) -> list[Finding]:
    """Those of ``findings`` that end the way."""
    return [finding for finding in findings if finding.verdict is Verdict.WRONG]
