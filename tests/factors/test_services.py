"""What a right password is followed by."""

from typing import Any

import pytest
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.factors import one_time_codes
from authenticate_app.factors.services import CODE_STEP, SET_UP_STEP, second_step
from tests.factors.builders import store_passkey

pytestmark = pytest.mark.django_db


def user_of(**fields: Any) -> User:
    return User.objects.create_user("jane@example.com", **fields)


def turn_on_codes(user: User) -> None:
    one_time_codes.store_device(user=user, secret=one_time_codes.new_secret(), step=0, now=timezone.now())


def test_a_password_alone_does_where_nothing_else_is_set_up() -> None:
    assert second_step(user_of()) is None


def test_who_has_an_app_is_asked_for_its_code() -> None:
    user = user_of()
    turn_on_codes(user)
    assert second_step(user) == CODE_STEP


def test_a_passkey_that_nobody_must_use_stands_beside_the_password() -> None:
    user = user_of()
    store_passkey(user)
    assert second_step(user) is None


def test_who_must_have_a_second_factor_uses_the_passkey_that_they_have() -> None:
    user = user_of(second_factor_required=True)
    store_passkey(user)
    assert second_step(user) == CODE_STEP


@pytest.mark.parametrize(
    ("is_required_by_user", "is_required_of_staff", "is_staff", "step"),
    [
        (True, False, False, SET_UP_STEP),
        (False, True, True, SET_UP_STEP),
        (False, True, False, None),
        (False, False, True, None),
    ],
)
def test_who_must_have_a_second_factor_and_has_none_sets_one_up(
    settings: Any, is_required_by_user: bool, is_required_of_staff: bool, is_staff: bool, step: str | None
) -> None:
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = is_required_of_staff
    assert second_step(user_of(is_staff=is_staff, second_factor_required=is_required_by_user)) == step


def test_it_costs_one_query(django_assert_num_queries: Any) -> None:
    user = user_of()
    turn_on_codes(user)
    with django_assert_num_queries(1):
        second_step(user)
