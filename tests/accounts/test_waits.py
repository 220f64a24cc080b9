import pytest
from django.http import HttpResponse

from authenticate_app.accounts.errors import SignInBusy, SignInThrottled, SignInWait
from authenticate_app.accounts.waits import answer_wait, wait_fault

BUSY = "Too many people are signing in at this moment. Please try again."


@pytest.mark.parametrize(
    ("refusal", "code", "sentence"),
    [
        (SignInThrottled(60), "throttled", "Too many attempts have failed. Please try again in 1 minute."),
        (SignInThrottled(61), "throttled", "Too many attempts have failed. Please try again in 2 minutes."),
        (SignInThrottled(0), "throttled", "Too many attempts have failed. Please try again in 1 minute."),
        (SignInBusy(1), "busy", BUSY),
    ],
    ids=str,
)
def test_people_are_told_when_to_try_again(refusal: SignInWait, code: str, sentence: str) -> None:
    fault = wait_fault(refusal)
    assert (fault.code, fault.messages) == (code, [sentence])


@pytest.mark.parametrize(("refusal", "status"), [(SignInThrottled(90), 429), (SignInBusy(1), 503)], ids=str)
def test_browsers_are_told_so_too(refusal: SignInWait, status: int) -> None:
    page = answer_wait(HttpResponse("a page"), refusal)
    assert (page.status_code, page["Retry-After"]) == (status, str(refusal.wait))
