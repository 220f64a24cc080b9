"""Which values a profile option takes (docs/administration.md, "Profile options").

Allowed values are written as a list with commas. Numbers are whole and not negative; among them a range is written
``120-1800``, or ``2-`` when it has no end.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

YES_NO = "yes-no"
NUMBER = "number"
TEXT = "text"

YES_AND_NO = {"yes": "Yes", "no": "No"}

_NUMBER = re.compile(r"[0-9]{1,9}")
_RANGE = re.compile(r"([0-9]{1,9})\s*-\s*([0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``lowest`` to ``highest``, both included; ``None``: without an end."""

    lowest: int
    highest: int | None

    def __contains__(self, number: int) -> bool:
        return self.lowest <= number and (self.highest is None or number <= self.highest)


def clean_value(*, value_type: str, allowed_values: str, value: str) -> str:
    """Return ``value`` in its proper form, such as ``Yes`` for ``yes`` and ``7`` for ``007``.

    Raises ``ValidationError`` with a sentence that says which values are allowed.
    """
    proper = _proper_form(value_type, value.strip())
    if not _is_allowed(value_type, allowed_values, proper):
        raise ValidationError(
            _("“%(value)s” is not allowed here. Allowed: %(allowed)s."),
            code="value-not-allowed",
            params={"value": value, "allowed": allowed_values},
        )
    return proper


def check_allowed_values(*, value_type: str, allowed_values: str) -> None:
    """Raise ``ValidationError`` unless ``allowed_values`` can be understood for this type of value."""
    for part in _parts(allowed_values):
        if value_type == NUMBER:
            _range(part)
        else:
            _proper_form(value_type, part)


def _proper_form(value_type: str, value: str) -> str:
    if value_type == YES_NO:
        if value.casefold() not in YES_AND_NO:
            raise ValidationError(_("Write Yes or No."), code="not-yes-or-no")
        return YES_AND_NO[value.casefold()]
    if value_type == NUMBER:
        if not _NUMBER.fullmatch(value):
            raise ValidationError(_("Write a whole number of at most nine digits, such as 120."), code="not-a-number")
        return str(int(value))
    return value


def _is_allowed(value_type: str, allowed_values: str, proper: str) -> bool:
    parts = _parts(allowed_values)
    if not parts:
        return True
    if value_type == NUMBER:
        return any(int(proper) in _range(part) for part in parts)
    return proper in {_proper_form(value_type, part) for part in parts}


def _parts(allowed_values: str) -> list[str]:
    return [part.strip() for part in allowed_values.split(",") if part.strip()]


def _range(part: str) -> Range:
    if _NUMBER.fullmatch(part):
        return Range(int(part), int(part))
    ends = _RANGE.fullmatch(part)
    if ends is None or (ends[2] and int(ends[2]) < int(ends[1])):
        raise ValidationError(
            _("“%(part)s” is neither a number nor a range. Write 120, 120-1800, or 2- for a range without an end."),
            code="not-a-range",
            params={"part": part},
        )
    return Range(int(ends[1]), int(ends[2]) if ends[2] else None)
