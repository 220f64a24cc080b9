"""One-time codes: those of RFC 6238, each good once, for a minute and a half."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from authenticate_app.accounts.models import User
from authenticate_app.factors import one_time_codes
from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.models import OneTimeCodeDevice
from tests.factors.conftest import NOW

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238, appendix B, for SHA-1, in base32."""
STEP = timedelta(seconds=30)


def code_at(time: datetime) -> str:
    return pyotp.TOTP(SECRET).at(time)


@pytest.fixture
def app(jane: User) -> User:
    one_time_codes.store_device(user=jane, secret=SECRET, step=0, now=NOW)
    return jane


def use(user: User, code: str, *, now: datetime = NOW) -> Reason | None:
    try:
        one_time_codes.use_code(code, user=user, now=now)
    except FactorRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert one_time_codes.step_of(code, SECRET, now=now) == seconds // 30


@pytest.mark.parametrize(
    ("steps_off", "reason"),
    [(-2, Reason.WRONG_CODE), (-1, None), (0, None), (1, None), (2, Reason.WRONG_CODE)],
)
def test_a_code_counts_shortly_before_and_after_its_time(app: User, steps_off: int, reason: Reason | None) -> None:
    assert use(app, code_at(NOW + steps_off * STEP)) == reason


def test_a_code_is_good_once(app: User) -> None:
    code = code_at(NOW)
    assert [use(app, code), use(app, code)] == [None, Reason.USED_CODE]


def test_an_older_code_is_not_good_after_a_newer_one(app: User) -> None:
    assert [use(app, code_at(NOW)), use(app, code_at(NOW - STEP))] == [None, Reason.USED_CODE]
    assert use(app, code_at(NOW + STEP), now=NOW + STEP) is None


def test_the_code_that_set_the_app_up_does_not_sign_in_as_well(jane: User) -> None:
    step = one_time_codes.step_of(code_at(NOW), SECRET, now=NOW)
    one_time_codes.store_device(user=jane, secret=SECRET, step=step, now=NOW)
    assert use(jane, code_at(NOW)) is Reason.USED_CODE


def test_who_has_no_app_has_no_code(jane: User) -> None:
    assert use(jane, code_at(NOW)) is Reason.NO_FACTOR


def test_a_disabled_user_has_no_code(app: User) -> None:
    User.objects.filter(pk=app.pk).update(is_active=False)
    assert use(app, code_at(NOW)) is not None


@pytest.mark.parametrize("code", ["", "28708", "2870821", "abcdef", "２８７０８x", "\0", "9" * 64])
def test_what_is_no_code_is_wrong(app: User, code: str) -> None:
    assert use(app, code) is Reason.WRONG_CODE


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "１２３４５６", "123\u00a0456"])
def test_people_write_codes_in_many_ways(typed: str) -> None:
    assert one_time_codes.read(typed) == "123456"


def test_the_secret_is_not_in_the_database(app: User) -> None:
    stored = bytes(OneTimeCodeDevice.objects.get().encrypted_secret)
    assert SECRET.encode() not in stored
    assert stored.startswith(b"gAAAA")


def test_another_app_takes_the_place_of_the_first(app: User) -> None:
    other = one_time_codes.new_secret()
    one_time_codes.store_device(user=app, secret=other, step=0, now=NOW)
    assert use(app, code_at(NOW)) is Reason.WRONG_CODE
    assert use(app, pyotp.TOTP(other).at(NOW)) is None


def test_an_app_reads_whose_codes_these_are(jane: User) -> None:
    address = urlsplit(one_time_codes.address_of(SECRET, jane))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/chat.example.com:jane%40example.com"
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["chat.example.com"]}


def test_the_picture_stands_in_the_page_itself(jane: User) -> None:
    assert one_time_codes.picture_of(one_time_codes.address_of(SECRET, jane)).startswith("data:image/svg+xml")


def test_no_two_secrets_are_equal() -> None:
    secrets = {one_time_codes.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {32}


def test_the_longest_names_fit_into_a_picture(settings: Any) -> None:
    settings.BUSINESS_NAME = "\U0001f600" * 100
    address = one_time_codes.address_of(SECRET, User(username="\U0001f600" * 320))
    assert one_time_codes.picture_of(address).startswith("data:image/svg+xml")
    assert parse_qs(urlsplit(address).query)["secret"] == [SECRET]
