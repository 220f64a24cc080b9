"""The vocabulary of ends: complete, in words, and as the phone's table has it."""

import pytest

from authenticate_app.messages import reasons, steps
from authenticate_app.messages.models import SignInRequest, SignInStep
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.messages.steps import Step

AUTHENTICATION = "com.apple.icloud.messages.business.authentication.error"
CRYPTOR = "com.apple.icloud.messages.business.cryptor"


def test_every_reason_and_every_step_has_words_and_fits_its_column() -> None:
    assert list(reasons.WORDS) == list(Reason)
    assert list(steps.WORDS) == list(Step)
    assert max(map(len, Reason)) <= (SignInRequest._meta.get_field("reason").max_length or 0)
    assert max(map(len, Step)) <= (SignInStep._meta.get_field("step").max_length or 0)


def test_no_two_reasons_have_the_same_words() -> None:
    assert len({str(words) for words in reasons.WORDS.values()}) == len(Reason)


def test_a_stored_code_of_another_version_is_shown_as_it_is() -> None:
    assert reasons.words_of("of-old") == "of-old"
    assert steps.words_of("of-old") == "of-old"
    assert str(reasons.words_of("no-reply")) == str(reasons.WORDS[Reason.NO_REPLY])
    assert str(steps.words_of("sent")) == str(steps.WORDS[Step.SENT])


@pytest.mark.parametrize(
    ("domain", "code", "reason"),
    [
        (AUTHENTICATION, 0, Reason.REDIRECT_WITHOUT_CODE),
        (AUTHENTICATION, 2, Reason.TOKEN_MISSING),
        (CRYPTOR, 0, Reason.KEY_EMPTY),
        (CRYPTOR, 1, Reason.KEY_NOT_BASE64),
        (CRYPTOR, 2, Reason.KEY_NOT_ELLIPTIC),
        (CRYPTOR, 3, Reason.KEY_INVALID),
        (CRYPTOR, 4, Reason.ENCRYPTION_FAILED),
        ("NSURLErrorDomain", -1001, Reason.PROVIDER_TIMED_OUT),
        ("NSURLErrorDomain", -1003, Reason.PROVIDER_NOT_FOUND),
        ("NSURLErrorDomain", -1004, Reason.PROVIDER_UNREACHABLE),
        ("NSURLErrorDomain", -1005, Reason.CONNECTION_LOST),
        ("NSURLErrorDomain", -1009, Reason.PHONE_OFFLINE),
        ("NSURLErrorDomain", -1199, Reason.PHONE_FAILED),
        *[("NSURLErrorDomain", -code, Reason.PROVIDER_TLS) for code in range(1200, 1207)],
        ("NSURLErrorDomain", -1207, Reason.PHONE_FAILED),
        ("NSCocoaErrorDomain", 3840, Reason.TOKEN_ANSWER_NOT_JSON),
        ("NSCocoaErrorDomain", 0, Reason.PHONE_FAILED),
        ("", None, Reason.PHONE_FAILED),
        (None, 0, Reason.PHONE_FAILED),
        (CRYPTOR, None, Reason.PHONE_FAILED),
    ],
)
def test_what_the_phone_says_in_the_legacy_flow(domain: str | None, code: int | None, reason: Reason) -> None:
    assert reasons.of_phone_error(domain, code) is reason


def test_numbers_of_our_callback_come_back_as_what_they_were() -> None:
    assert [reasons.of_callback_error(number) for number in CallbackError] == [error.reason for error in CallbackError]
    assert {number.value for number in CallbackError} == set(range(1, len(CallbackError) + 1))


@pytest.mark.parametrize("number", [None, 0, -1, 99, 2**31])
def test_any_other_number_is_just_a_failure(number: int | None) -> None:
    assert reasons.of_callback_error(number) is Reason.PHONE_FAILED
