import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.accounts.models import LoginName, User
from authenticate_app.accounts.names import email_fault, name_key, user_name_fault

text = st.text(st.characters(exclude_categories=["Cs"]))


@given(text)
def test_a_key_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(text)
def test_case_and_composition_make_no_difference(name: str) -> None:
    assert name_key(name.casefold()) == name_key(unicodedata.normalize("NFKC", name.casefold()))
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_leads_to_the_same_place(name: str) -> None:
    assert name_key(name) == unicodedata.normalize("NFKC", name.casefold())


@pytest.mark.parametrize(("one", "other"), [("Straße", "STRASSE"), ("ＡＢＣ", "abc"), ("ﬁ", "FI"), ("É", "e\u0301")])
def test_names_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("name", [" a", "a\t", "a\0b", "a\u0085b", "\ufdfa" * 300, "a\ud800"])
def test_some_names_nobody_can_have(name: str) -> None:
    assert user_name_fault(name)
    assert email_fault(name)


def test_a_user_name_holds_no_colon() -> None:
    assert user_name_fault("a:b")
    assert not email_fault("a:b")


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user("Somebody", email="some@vision.com")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "SOMEBODY"}, "username"),
        ({"username": "Some@Vision.com"}, "username"),
        ({"username": "another", "email": "somebody"}, "email"),
        ({"username": "another", "email": "SOME@vision.com"}, "email"),
        ({"username": "a:b"}, "username"),
    ],
)
def test_a_form_says_which_name_is_taken_or_unusable(somebody: User, fields: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        User(**fields, password="!").full_clean(exclude={"username_key", "email_key"})
    assert list(refused.value.message_dict) == [field]


def test_a_user_keeps_their_own_names(somebody: User) -> None:
    somebody.email = "SOMEBODY"
    somebody.full_clean()
    somebody.save()
    somebody.full_clean()
    assert set(LoginName.objects.filter(user=somebody).values_list("key", flat=True)) == {"somebody"}


def test_a_form_without_the_field_is_not_told_about_it(somebody: User) -> None:
    taken = User(username="another", email="somebody", password="!")
    with pytest.raises(ValidationError):
        taken.full_clean(exclude={"email_key"})
    taken.full_clean(exclude={"email", "email_key"})
