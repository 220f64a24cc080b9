"""Real threads with real connections: what many processes do at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from prometheus_client import REGISTRY
from rest_framework.exceptions import AuthenticationFailed, Throttled

from authenticate_app.accounts.basic import BasicAuthentication
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.throttling.models import FailureCount
from tests.accounts.conftest import PASSWORD, Requests, basic

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(headers: list[str], request_from: Requests) -> list[type[Exception] | None]:
    def one(header: str) -> type[Exception] | None:
        try:
            BasicAuthentication().authenticate(request_from(header))
        except (AuthenticationFailed, Throttled) as refused:
            return type(refused)
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(one, headers))


def hashes() -> float:
    return REGISTRY.get_sample_value("chatauth_password_hashes_total") or 0.0


def test_guesses_at_once_get_no_more_hashes_than_the_allowance(request_from: Requests, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 5
    User.objects.create_user("somebody", PASSWORD)
    before = hashes()
    refusals = outcomes([basic("somebody", f"guess {number}") for number in range(40)], request_from)
    assert refusals.count(AuthenticationFailed) == 5
    assert refusals.count(Throttled) == 35
    assert hashes() - before == 5
    assert AuditEvent.objects.filter(event="sign_in_failed").count() == 5
    assert AuditEvent.objects.filter(event="sign_in_throttled").count() == 1


def test_of_many_who_come_at_once_with_the_same_password_one_has_it_compared(
    request_from: Requests, settings: Any
) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 1
    User.objects.create_user("somebody", PASSWORD)
    before = hashes()
    assert outcomes([basic("somebody", PASSWORD)] * 8, request_from) == [None] * 8
    assert hashes() - before == 1


def test_a_crowd_with_the_right_password_comes_in_and_leaves_no_count(request_from: Requests, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 8
    User.objects.create_user("somebody", PASSWORD)
    assert outcomes([basic("somebody", PASSWORD)] * 40, request_from) == [None] * 40
    assert {count.failures for count in FailureCount.objects.all()} <= {0}
