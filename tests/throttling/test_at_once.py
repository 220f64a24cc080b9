"""Real threads with real connections: what many processes do at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from authenticate_app.accounts.models import User
from authenticate_app.throttling.models import FailureCount
from authenticate_app.throttling.services import give_back, note_refusal, record_success
from tests.throttling.claiming import NOW, claim

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
THREADS = 8


def at_once(work: Callable[[int], T], *, times: int = THREADS) -> list[T]:
    barrier = Barrier(THREADS)

    def one(number: int) -> T:
        try:
            if number < THREADS:
                barrier.wait(timeout=10)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(times)))


def test_no_more_than_the_allowance_is_ever_granted() -> None:
    granted = at_once(lambda _: claim().is_granted, times=40)
    assert granted.count(True) == 3
    assert FailureCount.objects.get(scope="name-address").failures == 3


def test_no_more_than_the_address_allows_is_ever_granted() -> None:
    assert at_once(lambda number: claim(f"name {number}").is_granted, times=40).count(True) == 5


def test_one_of_all_refused_notes_it() -> None:
    for _ in range(3):
        claim()
    assert at_once(lambda _: note_refusal(claim(), now=NOW)).count(True) == 1


def test_claims_and_successes_do_not_deadlock_and_add_up() -> None:
    user = User.objects.create_user("somebody")

    def work(number: int) -> None:
        for _ in range(10):
            claimed = claim("somebody" if number % 2 else f"name {number}", user_id=user.pk if number % 2 else 0)
            if number % 2 and claimed.is_granted:
                record_success(claimed, user_id=user.pk, now=NOW)
            else:
                give_back(claimed)

    at_once(work)
    assert FailureCount.objects.get(scope="address").failures == 0
