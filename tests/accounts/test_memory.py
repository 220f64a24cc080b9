from concurrent.futures import ThreadPoolExecutor

import pytest

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.credentials import Credentials
from authenticate_app.accounts.memory import PasswordMemory

RIGHT = Credentials("Somebody", "secret")
HOME = "192.0.2.1"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def caller(revision: int = 1) -> Caller:
    return Caller(
        user_id=1,
        username="somebody",
        username_key="somebody",
        email="",
        verified_email_key="",
        first_name="",
        last_name="",
        contact_party_id=None,
        organization_party_id=None,
        roles=frozenset(),
        entitlements=frozenset(),
        revision=revision,
        roles_revision=1,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> PasswordMemory:
    return PasswordMemory(capacity=3, lifetime=60, clock=clock)


def test_a_remembered_password_is_recalled_by_any_spelling_of_the_name(memory: PasswordMemory) -> None:
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    remembered = memory.recall(Credentials("SOMEBODY", "secret"), network=HOME)
    assert remembered is not None
    assert remembered.caller == caller()


@pytest.mark.parametrize(("name", "password"), [("somebody", "Secret"), ("somebody\0secret", ""), ("other", "secret")])
def test_nothing_else_is(memory: PasswordMemory, name: str, password: str) -> None:
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    assert memory.recall(Credentials(name, password), network=HOME) is None


def test_what_was_verified_from_one_address_is_not_recalled_for_another(memory: PasswordMemory) -> None:
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    assert memory.recall(RIGHT, network="198.51.100.7") is None
    memory.forget(RIGHT, network="198.51.100.7")
    assert memory.recall(RIGHT, network=HOME) is not None


def test_a_proof_holds_for_the_very_hash(memory: PasswordMemory) -> None:
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    remembered = memory.recall(RIGHT, network=HOME)
    assert remembered is not None
    assert memory.proves(remembered, RIGHT, password_hash="hash")
    assert not memory.proves(remembered, RIGHT, password_hash="another hash")


def test_what_is_remembered_expires_and_refreshing_does_not_prolong_it(memory: PasswordMemory, clock: Clock) -> None:
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    clock.now += 59
    remembered = memory.recall(RIGHT, network=HOME)
    assert remembered is not None
    memory.refresh(RIGHT, remembered, network=HOME, caller=caller(revision=2))
    refreshed = memory.recall(RIGHT, network=HOME)
    assert refreshed is not None
    assert refreshed.caller.revision == 2
    clock.now += 1
    assert memory.recall(RIGHT, network=HOME) is None
    assert len(memory) == 0


def test_the_least_used_goes_first(memory: PasswordMemory) -> None:
    for number in range(3):
        memory.remember(Credentials(f"{number}", "secret"), network=HOME, caller=caller(), password_hash="hash")
    memory.recall(Credentials("0", "secret"), network=HOME)
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    assert len(memory) == 3
    assert memory.recall(Credentials("1", "secret"), network=HOME) is None
    assert memory.recall(Credentials("0", "secret"), network=HOME) is not None


def test_a_memory_without_room_remembers_nothing() -> None:
    memory = PasswordMemory(capacity=0, lifetime=60)
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    assert memory.recall(RIGHT, network=HOME) is None


def test_forgetting(memory: PasswordMemory) -> None:
    memory.forget(RIGHT, network=HOME)
    memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    memory.forget(RIGHT, network=HOME)
    assert memory.recall(RIGHT, network=HOME) is None


def test_two_processes_hash_differently_and_keep_nothing_in_the_clear() -> None:
    one, other = (PasswordMemory(capacity=3, lifetime=60) for _ in range(2))
    for memory in (one, other):
        memory.remember(RIGHT, network=HOME, caller=caller(), password_hash="hash")
    assert set(one._entries) != set(other._entries)
    assert b"secret" not in b"".join(one._entries)


def test_many_threads_at_once() -> None:
    memory = PasswordMemory(capacity=50, lifetime=60)

    def work(number: int) -> None:
        credentials = Credentials(f"{number % 80}", "secret")
        memory.remember(credentials, network=HOME, caller=caller(), password_hash="hash")
        memory.recall(credentials, network=HOME)
        memory.forget(Credentials(f"{number % 70}", "secret"), network=HOME)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(2000)))
    assert len(memory) <= 50
