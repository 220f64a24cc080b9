from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from authenticate_app.accounts import passwords, waiting
from authenticate_app.accounts.waiting import OneAtATime
from tests.waiting import wait_until


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What those do who give way."""
    seen: list[str] = []

    @contextmanager
    def give_way() -> Iterator[None]:
        seen.append("goes")
        yield
        seen.append("comes back")

    monkeypatch.setattr(waiting, "_give_way", waiting._give_way)
    waiting.give_way_by(give_way)
    return seen


def test_who_has_a_password_hashed_gives_way_meanwhile(away: list[str]) -> None:
    assert passwords.compare("secret", passwords.make_hash("secret")).is_right
    assert away == ["goes", "comes back"] * 2


def test_the_same_is_done_by_one_at_a_time_and_others_give_way(away: list[str]) -> None:
    once = OneAtATime()
    done: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        with once.doing(b"key", patience_seconds=60):
            other = pool.submit(do, once, b"key", done)
            wait_until(lambda: away == ["goes"])
            assert not done
        other.result(timeout=60)
    assert done
    assert away == ["goes", "comes back"]
    assert not once._keys


def test_different_things_are_done_at_once(away: list[str]) -> None:
    once = OneAtATime()
    with once.doing(b"key", patience_seconds=60):
        do(once, b"another", [])
    assert not away


def test_who_has_waited_for_too_long_does_it_all_the_same(away: list[str]) -> None:
    once = OneAtATime()
    done: list[int] = []
    with ThreadPoolExecutor(1) as pool, once.doing(b"key", patience_seconds=60):
        pool.submit(do, once, b"key", done, patience=0.01).result(timeout=60)
    assert done
    assert not once._keys


def do(once: OneAtATime, key: bytes, done: list[int], *, patience: float = 60) -> None:
    with once.doing(key, patience_seconds=patience):
        done.append(1)


def test_comparisons_that_are_asked_for_alone_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    release = Event()

    def slow(_password: str, _hash: str) -> tuple[bool, bool]:
        running.append(1)
        release.wait(timeout=60)
        return True, False

    monkeypatch.setattr(passwords, "verify_password", slow)
    with ThreadPoolExecutor(3) as pool:
        alone = [pool.submit(passwords.compare, "x", "y", alone=True) for _ in range(2)]
        wait_until(lambda: len(running) == 1)
        beside = pool.submit(passwords.compare, "x", "y")
        wait_until(lambda: len(running) == 2)  # the other place is taken by the one that need not be alone
        release.set()
        assert all(one.result(timeout=60).is_right for one in [*alone, beside])
