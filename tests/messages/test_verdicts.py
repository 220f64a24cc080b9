"""What a request has come to: every row of the table."""

from datetime import UTC, datetime, timedelta

import pytest

from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.verdicts import Verdict, patience_ends_at, verdict_on

State = SignInRequest.State
ASKED = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIFETIME = 180
SECOND = timedelta(seconds=1)

SIGNED_IN = Verdict(State.SUCCEEDED, Reason.SIGNED_IN)
UNCONFIRMED = Verdict(State.SUCCEEDED, Reason.SIGNED_IN_UNCONFIRMED)
NOT_CONFIRMED = Verdict(State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)
NO_CALLBACK = Verdict(State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)
NO_REPLY = Verdict(State.TIMED_OUT, Reason.NO_REPLY)
NOT_SENT = Verdict(State.FAILED, Reason.GATEWAY_UNAVAILABLE)


def asked(
    *, identified: int | None = None, confirmed: int | None = None, state: str = State.OPENED, trusting: bool = False
) -> SignInRequest:
    """A request with what happened so many seconds after it was asked for."""
    return SignInRequest(
        business=Business(reply_grace=10 * SECOND, trusts_callback_alone=trusting),
        state=state,
        expires_at=ASKED + LIFETIME * SECOND,
        identified_at=None if identified is None else ASKED + identified * SECOND,
        confirmed_at=None if confirmed is None else ASKED + confirmed * SECOND,
    )


@pytest.mark.parametrize(
    ("sign_in", "seconds", "verdict"),
    [
        (asked(), 0, None),
        (asked(), 179, None),
        (asked(), 180, NO_REPLY),
        (asked(state=State.SENT), 180, NO_REPLY),
        (asked(state=State.CREATED), 179, None),
        (asked(state=State.CREATED), 180, NOT_SENT),
        (asked(identified=20), 20, None),
        (asked(identified=20), 179, None),
        (asked(identified=20), 180, NOT_CONFIRMED),
        (asked(identified=20, trusting=True), 20, UNCONFIRMED),
        (asked(identified=20, trusting=True), 999, UNCONFIRMED),
        (asked(confirmed=20), 29, None),
        (asked(confirmed=20), 30, NO_CALLBACK),
        (asked(confirmed=20, trusting=True), 30, NO_CALLBACK),
        (asked(confirmed=175), 179, None),
        (asked(confirmed=175), 180, NO_CALLBACK),
        (asked(identified=20, confirmed=25), 25, SIGNED_IN),
        (asked(identified=25, confirmed=20), 25, SIGNED_IN),
        (asked(identified=25, confirmed=20), 999, SIGNED_IN),
        (asked(identified=25, confirmed=20, trusting=True), 25, SIGNED_IN),
        (asked(identified=25, confirmed=20, state=State.CREATED), 25, SIGNED_IN),
    ],
)
def test_verdicts(sign_in: SignInRequest, seconds: int, verdict: Verdict | None) -> None:
    assert verdict_on(sign_in, now=ASKED + seconds * SECOND) == verdict


def test_patience_with_the_callback_ends_within_the_time_to_sign_in() -> None:
    assert patience_ends_at(asked()) == ASKED + 180 * SECOND
    assert patience_ends_at(asked(confirmed=20)) == ASKED + 30 * SECOND
    assert patience_ends_at(asked(confirmed=175)) == ASKED + 180 * SECOND
