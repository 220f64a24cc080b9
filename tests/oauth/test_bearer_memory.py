"""What a process remembers of access tokens, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from authenticate_app.oauth.bearer_memory import KnownToken, TokenMemory
from authenticate_app.oauth.seldom import Seldom
from tests.chat_authenticate.test_permissions import CUSTOMER

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def known(*, expires: datetime = NOW + timedelta(minutes=10)) -> KnownToken:
    return KnownToken(CUSTOMER, frozenset({"chat.authenticate"}), 1, expires)


def test_what_was_remembered_comes_back() -> None:
    memory, token = TokenMemory(), known()
    memory.remember("a", token)
    assert memory.recall("a", now=NOW) is token
    assert memory.recall("b", now=NOW) is None


def test_nothing_outlives_the_token() -> None:
    memory = TokenMemory()
    memory.remember("a", known(expires=NOW))
    assert memory.recall("a", now=NOW - MOMENT) is not None
    assert memory.recall("a", now=NOW) is None
    assert len(memory) == 0


def test_the_least_used_go_first() -> None:
    memory = TokenMemory(capacity=2)
    memory.remember("a", known())
    memory.remember("b", known())
    memory.recall("a", now=NOW)
    memory.remember("c", known())
    assert [name for name in "abc" if memory.recall(name, now=NOW)] == ["a", "c"]


def test_forgetting() -> None:
    memory = TokenMemory()
    memory.remember("a", known())
    memory.remember("b", known())
    memory.forget("a")
    memory.forget("never there")
    assert (memory.recall("a", now=NOW), len(memory)) == (None, 1)
    memory.clear()
    assert len(memory) == 0


@pytest.mark.parametrize(("later", "is_first"), [(timedelta(0), False), (timedelta(days=1), True)])
def test_a_kind_is_first_once_in_a_window(later: timedelta, is_first: bool) -> None:
    seldom = Seldom()
    assert seldom.is_first(("a",), NOW)
    assert seldom.is_first(("b",), NOW)
    assert seldom.is_first(("a",), NOW + later) is is_first


def test_a_window_is_as_long_as_the_setting_says(settings: pytest.FixtureRequest) -> None:
    settings.THROTTLE_WINDOW = timedelta(minutes=1)  # type: ignore[attr-defined]
    seldom = Seldom()
    assert seldom.is_first(("a",), NOW)
    assert not seldom.is_first(("a",), NOW + timedelta(minutes=1) - MOMENT)
    assert seldom.is_first(("a",), NOW + timedelta(minutes=1))


def test_kinds_are_kept_apart_in_a_bounded_number() -> None:
    seldom = Seldom(capacity=2)
    assert [seldom.is_first((name,), NOW) for name in "abc"] == [True, True, True]
    assert seldom.is_first(("a",), NOW)
    assert not seldom.is_first(("c",), NOW)
