"""What a request has come to: decided by what is stored and by the time, whatever the order in which it arrived."""

from dataclasses import dataclass
from datetime import datetime

from authenticate_app.messages.models import SignInRequest
from authenticate_app.messages.reasons import Reason

State = SignInRequest.State


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a request ends."""

    state: SignInRequest.State
    reason: Reason


def verdict_on(sign_in: SignInRequest, *, now: datetime) -> Verdict | None:
    """Say how an open request, read with its business, ends at ``now``; None while it is still to be waited for.

    Both halves are needed: that we learned who it is, from the identity provider itself, and that the customer's own
    phone confirmed it. A sign-in alone may be somebody else's, to whom the link was forwarded; a phone's word alone may
    come from any page that the sheet was led to.
    """
    if sign_in.identified_at is not None:
        return _on_identified(sign_in, now)
    if sign_in.confirmed_at is not None:
        is_too_late = now >= patience_ends_at(sign_in)
        return Verdict(State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK) if is_too_late else None
    return _without_word(sign_in) if now >= sign_in.expires_at else None


def patience_ends_at(sign_in: SignInRequest) -> datetime:
    """When a confirmation has waited long enough for the sign-in that it speaks of, within the request's own time."""
    if sign_in.confirmed_at is None:
        return sign_in.expires_at
    return min(sign_in.confirmed_at + sign_in.business.reply_grace, sign_in.expires_at)


def _on_identified(sign_in: SignInRequest, now: datetime) -> Verdict | None:
    if sign_in.confirmed_at is not None:
        return Verdict(State.SUCCEEDED, Reason.SIGNED_IN)
    if sign_in.business.trusts_callback_alone:
        return Verdict(State.SUCCEEDED, Reason.SIGNED_IN_UNCONFIRMED)
    return Verdict(State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM) if now >= sign_in.expires_at else None


def _without_word(sign_in: SignInRequest) -> Verdict:
    if sign_in.state == State.CREATED:
        return Verdict(State.FAILED, Reason.GATEWAY_UNAVAILABLE)
    return Verdict(State.TIMED_OUT, Reason.NO_REPLY)
