"""The steps of a request to sign in, in codes and in words."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


class Step(StrEnum):
    """Something that happened to a request. The last one of every request is its final state."""

    CREATED = "created"
    NOT_TAKEN = "not-taken"
    SENT = "sent"
    OPENED = "opened"
    RETURNED = "returned"
    STATE_REFUSED = "state-refused"
    IDENTIFIED = "identified"
    CONFIRMED = "confirmed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed-out"
    UNSUPPORTED = "unsupported"


WORDS: "dict[Step, StrOrPromise]" = {
    Step.CREATED: _("Somebody asked for the sign-in."),
    Step.NOT_TAKEN: _("Apple's gateway did not take the message; it is sent again."),
    Step.SENT: _("Apple's gateway took the message."),
    Step.OPENED: _("The customer opened the sign-in form."),
    Step.RETURNED: _("The identity provider sent the customer back to us."),
    Step.STATE_REFUSED: _("Somebody came back with the same state again, and was refused."),
    Step.IDENTIFIED: _("We learned from the identity provider who it is."),
    Step.CONFIRMED: _("The phone said that it succeeded."),
    Step.SUCCEEDED: _("The customer is signed in."),
    Step.FAILED: _("The sign-in failed."),
    Step.CANCELLED: _("The sign-in was cancelled."),
    Step.TIMED_OUT: _("The time to sign in was over."),
    Step.UNSUPPORTED: _("The customer could not be asked."),
}
"""A sentence for each step; a test holds it against ``Step``."""


def words_of(code: str) -> "StrOrPromise":
    """The sentence for a stored code; the code itself where a former version wrote it."""
    return WORDS[Step(code)] if code in frozenset(Step) else code
