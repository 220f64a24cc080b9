from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from prometheus_client import REGISTRY

from authenticate_app.accounts import passwords
from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.passwords import NO_HASH, compare, make_hash
from authenticate_app.throttling.models import FailureCount
from tests.accounts.conftest import Requests, basic


def test_a_password_is_compared_with_its_hash() -> None:
    assert compare("secret", make_hash("secret")).is_right
    assert not compare("secret", make_hash("another")).is_right


@pytest.mark.parametrize("stored", [NO_HASH, "!unusable", "", "gibberish", "pbkdf2_sha256$1$x$y"])
def test_what_is_no_hash_costs_one_and_is_never_right(stored: str, computed: list[str]) -> None:
    assert not compare("secret", stored).is_right
    assert len(computed) == 1


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_a_real_hash_costs_one_too(password: str, computed: list[str]) -> None:
    stored = make_password("secret")
    computed.clear()
    compare(password, stored)
    assert len(computed) == 1


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every Argon2 hash that is really computed, whichever way."""
    from argon2 import low_level

    calls: list[str] = []

    def counting(name: str) -> Callable[..., Any]:
        original = getattr(low_level, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return original(*args, **kwargs)

        return call

    for name in ("hash_secret", "verify_secret"):
        counted = counting(name)
        monkeypatch.setattr(low_level, name, counted)
        monkeypatch.setattr(f"argon2._password_hasher.{name}", counted)
    return calls


class SlowHasher:
    """Stands for the hasher: each hash lasts until it is released."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.full, self.release, self.lock = Event(), Event(), Lock()

    def __call__(self, password: str, encoded: str) -> tuple[bool, bool]:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running == 2:
                self.full.set()
        self.release.wait(timeout=10)
        with self.lock:
            self.running -= 1
        return True, False


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, settings: Any) -> SlowHasher:
    settings.PASSWORD_HASHES_AT_ONCE = 2
    hasher = SlowHasher()
    monkeypatch.setattr(passwords, "verify_password", hasher)
    return hasher


def test_no_more_hashes_than_allowed_run_at_once(slow: SlowHasher) -> None:
    with ThreadPoolExecutor(6) as threads:
        comparisons = [threads.submit(compare, "x", "y") for _ in range(6)]
        assert slow.full.wait(timeout=10)
        slow.release.set()
        assert all(comparison.result().is_right for comparison in comparisons)
    assert slow.most == 2
    assert REGISTRY.get_sample_value("chatauth_password_hashes_running") == 0
    assert REGISTRY.get_sample_value("chatauth_password_hashes_waiting") == 0


@pytest.mark.django_db
def test_who_waits_too_long_is_told_to_come_back_and_is_not_counted(
    slow: SlowHasher, monkeypatch: pytest.MonkeyPatch, request_from: Requests
) -> None:
    from authenticate_app.accounts.basic import AuthenticationBusy, BasicAuthentication

    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.01)
    with ThreadPoolExecutor(2) as threads:
        comparisons = [threads.submit(compare, "x", "y") for _ in range(2)]
        assert slow.full.wait(timeout=10)
        with pytest.raises(AuthenticationBusy) as busy:
            BasicAuthentication().authenticate(request_from(basic("somebody", "x")))
        slow.release.set()
        assert all(comparison.result() for comparison in comparisons)
    assert (busy.value.status_code, busy.value.wait) == (503, 1)
    assert {count.failures for count in FailureCount.objects.all()} == {0}


def test_a_turn_is_given_back_when_hashing_fails(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PASSWORD_HASHES_AT_ONCE = 1
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.01)
    for _ in range(3):
        with pytest.raises(TypeError):
            make_hash(object())  # type: ignore[arg-type]
    assert SignInBusy(0).wait == 1
