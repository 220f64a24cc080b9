from datetime import UTC, datetime
from typing import Any

import pytest

from authenticate_app.accounts import sign_in as signing_in
from authenticate_app.accounts.credentials import Credentials
from authenticate_app.accounts.errors import SignInBusy, SignInFailed
from authenticate_app.accounts.models import User
from authenticate_app.accounts.room import PLACES_WHEN_WARY, WARY_SECONDS, Room
from authenticate_app.accounts.sign_in import Origin, sign_in
from tests.accounts.conftest import PASSWORD

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_there_is_room_for_all_as_long_as_passwords_are_right() -> None:
    room = Room()
    assert all(room.enter() for _ in range(50))
    room.leave(was_wrong=False)
    assert room.enter()


def fill(room: Room) -> None:
    for _ in range(PLACES_WHEN_WARY):
        assert room.enter()


def test_after_a_wrong_password_there_are_so_many_places_for_a_while() -> None:
    clock = Clock()
    room = Room(clock)
    assert not room.is_wary()
    assert room.enter()
    room.leave(was_wrong=True)
    assert room.is_wary()
    fill(room)
    assert not room.enter()
    room.leave(was_wrong=False)
    assert room.enter()
    clock.seconds += WARY_SECONDS
    assert not room.is_wary()
    assert room.enter()


@pytest.fixture
def full_room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()
    room.enter()
    room.leave(was_wrong=True)
    fill(room)
    monkeypatch.setattr(signing_in, "room", room)
    return room


def attempt(name: str, password: str) -> None:
    sign_in(credentials=Credentials(name, password), origin=Origin("192.0.2.1"), now=NOW, use_memory=True)


@pytest.mark.django_db
def test_who_finds_no_room_is_told_to_come_back_before_anything_is_asked(
    full_room: Room, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0), pytest.raises(SignInBusy) as busy:
        attempt("somebody", PASSWORD)
    assert busy.value.wait == 1


@pytest.mark.django_db
def test_a_remembered_caller_needs_no_room(full_room: Room) -> None:
    User.objects.create_user("somebody", PASSWORD)
    full_room.leave(was_wrong=False)
    attempt("somebody", PASSWORD)
    full_room.enter()
    attempt("somebody", PASSWORD)
    with pytest.raises(SignInBusy):
        attempt("somebody", "another password")


@pytest.mark.django_db
def test_a_failed_sign_in_gives_its_place_back_and_makes_wary(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    monkeypatch.setattr(signing_in, "room", room)
    with pytest.raises(SignInFailed):
        attempt("nobody", "wrong")
    fill(room)
    assert not room.enter()
