"""The time that the chat server goes by: that of the database, wherever a process runs."""

from datetime import UTC, datetime, timedelta

import pytest

from chat_app.engagement.clock import Clock, database_now
from tests.engagement.deck import Deck
from tests.engagement.stage import NOW


class Elapsed:
    """A clock that goes forward as it is told, by a thousand seconds each time that it is looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1000
        return self.seconds


@pytest.mark.django_db
def test_between_two_looks_at_the_database_the_time_goes_on() -> None:
    elapsed = Elapsed()
    clock = Clock(elapsed=elapsed)
    before = database_now()
    clock.look()
    between = clock.now() - timedelta(seconds=1500)  # half of the look itself, and what has gone by since
    assert before <= between <= database_now()
    assert clock.now() - between == timedelta(seconds=2500)


def test_before_the_first_look_it_is_the_time_of_the_machine() -> None:
    before = datetime.now(UTC)
    assert before <= Clock(elapsed=lambda: 7.0).now() <= datetime.now(UTC)


@pytest.mark.usefixtures("world")
def test_answers_bear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with Deck() as deck:
        monkeypatch.setattr(deck.engine.clock, "_known", (NOW, 0.0))
        monkeypatch.setattr(deck.engine.clock, "_elapsed", lambda: 1.0)
        body = deck.ask("getMoney").body
        assert (body["serviceStartTime"], body["serviceFinishTime"]) == ("2026-05-04T12:00:01Z",) * 2
