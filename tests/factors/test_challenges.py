"""Challenges: ours, for one browser and purpose, short-lived, good once, and no row before one is answered."""

from datetime import timedelta
from typing import Any

import pytest

from authenticate_app.factors import challenges
from authenticate_app.factors.challenges import LIFETIME, Purpose
from authenticate_app.factors.errors import FactorRefused
from authenticate_app.factors.models import SpentChallenge
from tests.factors.conftest import NOW

pytestmark = pytest.mark.django_db


def make(**given: Any) -> bytes:
    return challenges.make(**{"purpose": Purpose.SIGN_IN, "holder": "browser", "now": NOW, **given})


def is_good(challenge: bytes, **given: Any) -> bool:
    try:
        challenges.check(challenge, **{"purpose": Purpose.SIGN_IN, "holder": "browser", "now": NOW, **given})
    except FactorRefused:
        return False
    return True


def is_spent(challenge: bytes) -> bool:
    try:
        challenges.spend(challenge)
    except FactorRefused:
        return False
    return True


def test_it_is_good_for_its_browser_and_purpose_in_its_time() -> None:
    challenge = make()
    assert is_good(challenge)
    assert is_good(challenge, now=NOW + LIFETIME - timedelta(seconds=1))
    assert not is_good(challenge, now=NOW + LIFETIME)
    assert not is_good(challenge, holder="another browser")
    assert not is_good(challenge, purpose=Purpose.ADD)


@pytest.mark.parametrize("position", range(0, challenges.LENGTH, 5))
def test_nobody_makes_or_prolongs_one(position: int) -> None:
    challenge = bytearray(make())
    challenge[position] ^= 1
    assert not is_good(bytes(challenge))


@pytest.mark.parametrize("challenge", [b"", b"x", bytes(challenges.LENGTH), make.__name__.encode() * 20])
def test_what_is_none_is_refused(challenge: bytes) -> None:
    assert not is_good(challenge)


def test_parts_of_holder_and_purpose_do_not_run_together() -> None:
    assert not is_good(make(holder="browser"), holder="browse")


def test_no_two_are_equal() -> None:
    assert len({make() for _ in range(100)}) == 100


def test_it_is_good_once() -> None:
    first, second = make(), make()
    assert [is_spent(first), is_spent(first), is_spent(second)] == [True, False, True]


def test_making_and_checking_one_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert is_good(make())


def test_spent_ones_are_deleted_once_they_have_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authenticate_app.purging.BATCH", 2)
    for minutes in range(5):
        challenges.spend(make(now=NOW + timedelta(minutes=minutes)))
    assert challenges.purge(NOW + LIFETIME + timedelta(minutes=2)) == 3
    assert SpentChallenge.objects.count() == 2
