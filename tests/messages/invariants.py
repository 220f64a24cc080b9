"""What holds of every request to sign in, whatever happened to it and in which order."""

from typing import Any

from authenticate_app.messages.models import OutboundMessage, SignInRequest, SignInResult, SignInStep
from authenticate_app.messages.reasons import Reason
from tests.messages.story import Row, announcements, stored

State = SignInRequest.State
FINAL_STEPS = {"succeeded", "failed", "cancelled", "timed-out", "unsupported"}
MONOTONOUS = ("sent_at", "opened_at", "state_used_at", "identified_at", "confirmed_at")


def check(request: SignInRequest) -> Row:
    """Assert all of them; answers the request's row."""
    row = stored(request)
    has_ended = row["ended_at"] is not None
    assert has_ended is (row["state"] not in SignInRequest.OPEN)
    assert has_ended is (row["reason"] != "")
    _check_result(request, row)
    _check_told_once(request, row, has_ended)
    if has_ended:
        _check_wiped(request, row)
    return row


def check_unchanged(before: Row, after: Row) -> None:
    """Assert that nothing of a request goes back, and that one which has ended stays as it is."""
    if before["ended_at"] is not None:
        assert after == before
    for name in MONOTONOUS:
        assert before[name] is None or after[name] == before[name], name


def _check_result(request: SignInRequest, row: Row) -> None:
    result = SignInResult.objects.filter(sign_in=request).first()
    if row["state"] == State.SUCCEEDED:
        assert result is not None
        assert row["identified_at"] is not None
        is_confirmed = row["confirmed_at"] is not None
        assert row["reason"] == (Reason.SIGNED_IN if is_confirmed else Reason.SIGNED_IN_UNCONFIRMED)
        assert is_confirmed or request.business.trusts_callback_alone
    elif row["ended_at"] is not None:
        assert result is None
    else:
        assert (result is not None) is (row["identified_at"] is not None)
    assert row["flow"] != "new" or row["identified_at"] is None or row["state_used_at"] is not None


def _check_told_once(request: SignInRequest, row: Row, has_ended: bool) -> None:
    told = announcements(request)
    assert [(one["state"], one["reason"]) for one in told] == ([(row["state"], row["reason"])] if has_ended else [])
    final = [step for step in _steps(request) if step["step"] in FINAL_STEPS]
    assert len(final) == has_ended
    if has_ended:
        assert final[0]["step"] == row["state"].replace("_", "-")
        assert final[0]["at"] == row["ended_at"]


def _check_wiped(request: SignInRequest, row: Row) -> None:
    assert bytes(row["encrypted_private_key"]) == b""
    message = OutboundMessage.objects.filter(sign_in=request).first()
    assert message is None or (message.state != OutboundMessage.State.WAITING and not bytes(message.encrypted_body))


def _steps(request: SignInRequest) -> list[dict[str, Any]]:
    return [dict(step) for step in SignInStep.objects.filter(sign_in=request).order_by("id").values("step", "at")]
