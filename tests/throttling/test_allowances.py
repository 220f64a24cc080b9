from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from authenticate_app.throttling.allowances import Allowance, Refusal, take
from authenticate_app.throttling.models import FailureCount

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LETTERS = Allowance("letters", "john", 2, address="192.0.2.1")


@pytest.mark.django_db
def test_what_is_allowed_is_given_and_then_the_wait_is_told(settings: Any) -> None:
    settings.THROTTLE_WINDOW = timedelta(seconds=100)
    taken = [take(LETTERS, now=NOW + timedelta(seconds=second)) for second in range(4)]
    assert taken == [None, None, Refusal(wait=98, is_first=True), Refusal(wait=97, is_first=False)]
    assert take(LETTERS, now=NOW + timedelta(seconds=100)) is None
    assert FailureCount.objects.get().failures == 1


@pytest.mark.django_db
def test_others_are_counted_by_themselves() -> None:
    for kind, subject in (("letters", "john"), ("letters", "jane"), ("stamps", "john")):
        assert take(Allowance(kind, subject, 1), now=NOW) is None
        assert take(Allowance(kind, subject, 1), now=NOW) is not None


@pytest.mark.django_db
def test_who_it_was_is_not_stored() -> None:
    take(LETTERS, now=NOW)
    stored = FailureCount.objects.get()
    assert "john" not in stored.key
    assert (stored.scope, stored.address, stored.user) == ("asked", "192.0.2.1", None)


@pytest.mark.django_db(transaction=True)
def test_any_number_at_once_get_no_more_than_is_allowed() -> None:
    def ask(_number: int) -> bool:
        try:
            return take(LETTERS, now=NOW) is None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(16))) == LETTERS.limit
