"""The simulated hour of ``make bench-hour``, with a few tokens: what it says of them must be true."""

import json

import pytest

from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.models import AccessToken
from benchmarks.dataset import INTEGRATION
from benchmarks.hour import AT_ONCE, MINUTES, SETTLED_AFTER, Hour, p99, read, simulate
from tests.tokens import store_integration
from tests.world import nothing_remembered, store_user

__all__ = ["nothing_remembered"]

PER_MINUTE = AT_ONCE
MINUTES_VALID = 10


@pytest.mark.django_db(transaction=True)
def test_what_is_issued_in_an_hour_leaves_after_its_ten_minutes(nothing_remembered: None) -> None:
    clients.forget()
    store_integration(store_user("service"), client_id=INTEGRATION)
    hour = simulate(per_minute=PER_MINUTE)
    assert hour.issued == PER_MINUTE * MINUTES
    assert hour.purged == hour.issued - AccessToken.objects.count()
    assert AccessToken.objects.count() in {PER_MINUTE * MINUTES_VALID, PER_MINUTE * (MINUTES_VALID + 1)}
    assert len(hour.sizes) == MINUTES - SETTLED_AFTER
    assert hour.p99_while_purging > 0
    assert len(hour.purges) == MINUTES


def test_the_deviation_is_that_of_the_size_farthest_from_the_middle_one() -> None:
    hour = Hour(issued=1, purged=1, sizes=[90, 100, 101, 99, 115], p99_while_purging=1.0, p99_otherwise=1.0, purges=[])
    assert hour.deviation == pytest.approx(0.15)


def test_what_was_seen_is_the_last_line_of_what_the_program_wrote() -> None:
    seen = {"issued": 3, "purged": 2, "sizes": [8], "p99_while_purging": 2.5, "p99_otherwise": 2.0}
    line = json.dumps({**seen, "purges": [[1.0, 2.0]]})
    assert read(f"some log\n{line}\n") == Hour(3, 2, [8], 2.5, 2.0, [(1.0, 2.0)])


@pytest.mark.parametrize(
    ("span", "is_met"),
    [
        ((0.0, 0.9), False),
        ((0.5, 1.5), True),
        ((1.2, 1.3), True),
        ((1.9, 9.0), True),
        ((2.0, 2.5), False),
        ((2.5, 5.5), True),
        ((7.0, 8.0), False),
    ],
)
def test_what_meets_a_purge_is_told_from_what_does_not(span: tuple[float, float], is_met: bool) -> None:
    purges = [(1.0, 2.0), (5.0, 6.0)]
    milliseconds = pytest.approx((span[1] - span[0]) * 1000)
    assert p99([span], purges, while_purging=is_met) == milliseconds
    assert p99([span], purges, while_purging=not is_met) == 0.0
