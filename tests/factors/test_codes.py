"""The step after a right password: codes of either kind, and how many wrong ones are allowed."""

from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import codes, one_time_codes, recovery
from authenticate_app.factors.errors import CodeThrottled, FactorRefused
from authenticate_app.factors.metrics import BY_OUTCOME, Factor, Outcome
from tests.factors.conftest import NOW, ORIGIN

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
ALLOWED = 3


@pytest.fixture
def app(jane: User) -> User:
    one_time_codes.store_device(user=jane, secret=SECRET, step=0, now=NOW)
    return jane


@pytest.fixture(autouse=True)
def few_failures(settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = ALLOWED


def right_code(now: datetime = NOW) -> str:
    return pyotp.TOTP(SECRET).at(now)


def wrong_code() -> str:
    return str((int(right_code()) + 1) % 1_000_000).zfill(6)


def use(user: User, code: str, *, origin: Origin = ORIGIN, now: datetime = NOW) -> Factor:
    return codes.use_code(code, user=user, origin=origin, now=now)


def fail(user: User, times: int = 1, **given: Any) -> None:
    for _time in range(times):
        with pytest.raises(FactorRefused):
            use(user, wrong_code(), **given)


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "reason"))


def counted(factor: Factor, outcome: Outcome) -> float:
    return float(BY_OUTCOME[factor, outcome]._value.get())


def test_a_right_code_lets_in(app: User) -> None:
    before = counted(Factor.ONE_TIME_CODE, Outcome.ACCEPTED)
    assert use(app, right_code()) is Factor.ONE_TIME_CODE
    assert counted(Factor.ONE_TIME_CODE, Outcome.ACCEPTED) == before + 1
    assert events() == []


def test_a_recovery_code_lets_in_and_is_audited(app: User) -> None:
    assert use(app, recovery.make_codes(app)[0]) is Factor.RECOVERY_CODE
    assert events() == [("recovery_code_used", "")]


def test_a_wrong_code_is_counted_and_audited(app: User) -> None:
    before = counted(Factor.ONE_TIME_CODE, Outcome.REFUSED)
    fail(app)
    assert counted(Factor.ONE_TIME_CODE, Outcome.REFUSED) == before + 1
    event = AuditEvent.objects.get()
    assert (event.event, event.reason) == ("second_step_failed", "wrong-code")
    assert (event.actor_id, event.address, event.request_id) == (app.pk, "192.0.2.1", "request-1")


def test_no_code_is_in_the_log(app: User) -> None:
    code = recovery.make_codes(app)[0]
    use(app, code)
    fail(app)
    logged = str([vars(event) for event in AuditEvent.objects.all()])
    assert code not in logged
    assert wrong_code() not in logged


def test_too_many_wrong_codes_keep_the_right_one_out_for_a_while(app: User) -> None:
    fail(app, ALLOWED)
    with pytest.raises(CodeThrottled) as throttled:
        use(app, right_code())
    assert throttled.value.wait == 900
    later = NOW + timedelta(seconds=900)
    assert use(app, right_code(later), now=later) is Factor.ONE_TIME_CODE


def test_the_first_refusal_of_a_window_is_audited(app: User) -> None:
    fail(app, ALLOWED)
    for _time in range(2):
        with pytest.raises(CodeThrottled):
            use(app, right_code())
    assert events() == [("second_step_failed", "wrong-code")] * ALLOWED + [
        ("second_step_throttled", "too-many-failures")
    ]


def test_another_address_gets_no_allowance_of_its_own(app: User) -> None:
    for number in range(ALLOWED):
        fail(app, origin=Origin(f"198.51.100.{number}"))
    with pytest.raises(CodeThrottled):
        use(app, right_code())


def test_recovery_codes_and_others_share_the_allowance(app: User) -> None:
    for _time in range(ALLOWED):
        with pytest.raises(FactorRefused):
            use(app, "abcd-efgh-ijkl-mnop")
    with pytest.raises(CodeThrottled):
        use(app, right_code())


def test_each_user_has_their_own(app: User) -> None:
    fail(app, ALLOWED)
    other = User.objects.create_user("other@example.com")
    one_time_codes.store_device(user=other, secret=SECRET, step=0, now=NOW)
    assert use(other, right_code()) is Factor.ONE_TIME_CODE


def test_a_right_code_gives_the_allowance_back(app: User) -> None:
    fail(app, ALLOWED - 1)
    use(app, right_code())
    fail(app, ALLOWED)


def test_a_right_password_does_not(app: User) -> None:
    from authenticate_app.accounts.credentials import checked
    from authenticate_app.accounts.sign_in import sign_in

    app.set_password("correct horse")
    app.save()
    fail(app, ALLOWED)
    sign_in(credentials=checked(app.username, "correct horse"), origin=ORIGIN, now=NOW, use_memory=False)
    with pytest.raises(CodeThrottled):
        use(app, right_code())


def test_what_a_refused_code_claimed_of_the_address_is_given_back(app: User, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_ADDRESS = ALLOWED + 1
    fail(app, ALLOWED)
    for _time in range(ALLOWED):
        with pytest.raises(CodeThrottled):
            use(app, right_code())
    other = User.objects.create_user("other@example.com")
    one_time_codes.store_device(user=other, secret=SECRET, step=0, now=NOW)
    assert use(other, right_code()) is Factor.ONE_TIME_CODE


def test_a_one_time_code_costs_four_statements(app: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        use(app, right_code())
