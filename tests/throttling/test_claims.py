from datetime import timedelta
from typing import Any

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.throttling.claims import KNOWN_FOR
from authenticate_app.throttling.models import FailureCount, KnownAddress
from authenticate_app.throttling.services import clear, give_back, note_refusal, purge, record_success, wait_of
from tests.throttling.claiming import NOW, claim

pytestmark = pytest.mark.django_db
WINDOW = timedelta(seconds=900)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("somebody")


def counts() -> dict[str, int]:
    return dict(FailureCount.objects.values_list("scope", "failures"))


def test_a_name_has_its_allowance_from_each_address() -> None:
    assert [claim().is_granted for _ in range(4)] == [True, True, True, False]
    assert claim(address="192.0.2.2").is_granted


def test_an_address_has_its_allowance_whatever_the_names() -> None:
    assert [claim(f"name {number}").is_granted for number in range(6)] == [True] * 5 + [False]
    assert claim("name 9", address="192.0.2.2").is_granted


def test_a_refused_claim_takes_nothing_from_the_address() -> None:
    for _ in range(50):
        claim()
    assert counts() == {"address": 3, "name-address": 3}


def test_a_full_address_takes_nothing_from_the_name() -> None:
    for number in range(5):
        claim(f"name {number}")
    claim("somebody else")
    assert FailureCount.objects.filter(scope="name-address").count() == 5


def test_the_neighbours_of_an_ipv6_address_count_as_one() -> None:
    for host in range(5):
        assert claim(f"name {host}", address=f"2001:db8::{host}").is_granted
    assert not claim("another", address="2001:db8:0:0:ffff::1").is_granted
    assert claim("another", address="2001:db8:0:1::1").is_granted


def test_a_window_begins_with_its_first_failure_and_ends() -> None:
    for seconds in (0, 300, 600):
        claim(now=NOW + timedelta(seconds=seconds))
    assert not claim(now=NOW + WINDOW - timedelta(seconds=1)).is_granted
    assert claim(now=NOW + WINDOW).is_granted
    assert counts() == {"address": 1, "name-address": 1}


def test_the_wait_is_until_the_window_ends() -> None:
    for _ in range(3):
        claim()
    later = NOW + timedelta(seconds=299.5)
    assert wait_of(claim(now=later), now=later) == 601


def test_success_gives_back_and_clears(user: User) -> None:
    claim("another")
    claim(user_id=user.pk)
    record_success(claim(user_id=user.pk), user_id=user.pk, now=NOW)
    assert list(FailureCount.objects.order_by("scope").values_list("scope", "failures")) == [
        ("address", 2),
        ("name-address", 1),
    ]
    assert KnownAddress.objects.get().user_id == user.pk


def test_a_known_address_has_an_allowance_of_its_own(user: User) -> None:
    record_success(claim(user_id=user.pk), user_id=user.pk, now=NOW)
    for number in range(5):
        claim(f"name {number}")
    assert not claim("another").is_granted
    assert [claim(user_id=user.pk).is_granted for _ in range(4)] == [True, True, True, False]
    assert FailureCount.objects.get(user=user).scope == "known-address"


def test_an_address_is_known_for_a_month(user: User) -> None:
    record_success(claim(user_id=user.pk), user_id=user.pk, now=NOW)
    claim(user_id=user.pk, now=NOW + KNOWN_FOR - timedelta(seconds=1))
    assert FailureCount.objects.get(user=user).scope == "known-address"
    claim(user_id=user.pk, now=NOW + KNOWN_FOR + WINDOW)
    assert FailureCount.objects.get(user=user).scope == "name-address"


def test_signing_in_again_keeps_an_address_known(user: User) -> None:
    for days in (0, 20):
        now = NOW + timedelta(days=days)
        record_success(claim(user_id=user.pk, now=now), user_id=user.pk, now=now)
    assert KnownAddress.objects.get().signed_in_at == NOW + timedelta(days=20)


def test_a_user_who_was_deleted_meanwhile_leaves_nothing(user: User) -> None:
    claimed = claim(user_id=user.pk)
    user_id = user.pk
    user.delete()
    record_success(claimed, user_id=user_id, now=NOW)
    assert not KnownAddress.objects.exists()


def test_what_was_never_looked_at_is_given_back() -> None:
    claim()
    give_back(claim())
    assert counts() == {"address": 1, "name-address": 1}


def test_a_claim_is_given_back_only_in_its_own_window() -> None:
    old = claim()
    claim(now=NOW + WINDOW)
    give_back(old)
    assert counts() == {"address": 1, "name-address": 1}


def test_the_first_refusal_of_a_window_is_noted_once(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        claim()
    assert note_refusal(claim(), now=NOW)
    with django_assert_num_queries(1):
        refused = claim()
        assert not note_refusal(refused, now=NOW)


def test_the_next_window_is_noted_anew() -> None:
    for begin in (NOW, NOW + WINDOW):
        for _ in range(3):
            claim(now=begin)
        assert note_refusal(claim(now=begin), now=begin)


def test_of_two_who_saw_the_same_only_one_notes_it() -> None:
    for _ in range(3):
        claim()
    one, other = claim(), claim()
    assert [note_refusal(refused, now=NOW) for refused in (one, other)] == [True, False]


def test_no_name_is_stored() -> None:
    claim("my-Password")
    assert not [row for row in FailureCount.objects.values_list() if "my-Password" in map(str, row)]


def test_clearing_lets_everybody_try_again() -> None:
    for _ in range(4):
        claim()
    assert clear(FailureCount.objects.all()) == 2
    assert claim().is_granted


def test_purging_deletes_what_counts_no_more(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authenticate_app.purging.BATCH", 2)
    record_success(claim(user_id=user.pk), user_id=user.pk, now=NOW)
    for number in range(4):
        claim(f"name {number}")
    assert purge(NOW + WINDOW - timedelta(seconds=1)) == 0
    assert purge(NOW + WINDOW) == 5
    assert purge(NOW + KNOWN_FOR) == 1
    assert purge(NOW + KNOWN_FOR) == 0
