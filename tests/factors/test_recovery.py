"""Recovery codes: ten, each good once, stored as hashes."""

from collections.abc import Callable

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.factors import one_time_codes, recovery
from authenticate_app.factors.errors import FactorRefused
from authenticate_app.factors.models import RecoveryCode
from tests.factors.conftest import NOW


def is_taken(code: str, user: User) -> bool:
    try:
        recovery.use_code(one_time_codes.read(code), user=user, now=NOW)
    except FactorRefused:
        return False
    return True


@pytest.fixture
def codes(jane: User) -> list[str]:
    return recovery.make_codes(jane)


def test_there_are_ten_and_no_two_are_equal(codes: list[str]) -> None:
    assert len(set(codes)) == 10


def test_each_is_good_once(jane: User, codes: list[str]) -> None:
    assert [is_taken(code, jane) for code in codes] == [True] * 10
    assert not any(is_taken(code, jane) for code in codes)


def test_people_write_them_in_many_ways(jane: User, codes: list[str]) -> None:
    forms: tuple[Callable[[str], str], ...] = (
        str.upper,
        lambda code: code.replace("-", " "),
        lambda code: code.replace("-", ""),
        lambda code: f" {code} ",
    )
    assert [is_taken(form(code), jane) for form, code in zip(forms, codes, strict=False)] == [True] * 4


def test_digits_that_look_like_letters_are_read_as_letters(jane: User) -> None:
    RecoveryCode.objects.create(user=jane, digest=recovery.digest_of("olol-olol-olol-olol", jane))
    assert is_taken("0101-0101-0101-0101", jane)


def test_new_ones_void_the_former(jane: User, codes: list[str]) -> None:
    newer = recovery.make_codes(jane)
    assert not any(is_taken(code, jane) for code in codes)
    assert is_taken(newer[0], jane)


def test_nobody_uses_another_ones(codes: list[str], jane: User) -> None:
    other = User.objects.create_user("other@example.com")
    assert not is_taken(codes[0], other)
    assert is_taken(codes[0], jane)


def test_a_disabled_user_uses_none(codes: list[str], jane: User) -> None:
    User.objects.filter(pk=jane.pk).update(is_active=False)
    assert not is_taken(codes[0], jane)


def test_none_is_stored(codes: list[str]) -> None:
    stored = "".join(RecoveryCode.objects.values_list("digest", flat=True))
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_the_same_code_of_two_users_looks_different(jane: User) -> None:
    other = User.objects.create_user("other@example.com")
    assert recovery.digest_of("abcd", jane) != recovery.digest_of("abcd", other)


def test_a_recovery_code_is_told_from_a_one_time_code(codes: list[str]) -> None:
    assert recovery.is_one(one_time_codes.read(codes[0]))
    assert not recovery.is_one("123456")
