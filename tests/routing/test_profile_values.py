"""Which values a profile option takes, and how the administrator is told."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from authenticate_app.accounts.models import User
from chat_app.routing.models import ProfileOption, ProfileOptionValue
from chat_app.routing.profile_values import check_allowed_values, clean_value


@pytest.mark.parametrize(
    ("value_type", "allowed", "value", "proper"),
    [
        ("yes-no", "Yes,No", "Yes", "Yes"),
        ("yes-no", "Yes,No", " no ", "No"),
        ("yes-no", "", "YES", "Yes"),
        ("number", "", "0", "0"),
        ("number", "", "007", "7"),
        ("number", "0,120-1800", "0", "0"),
        ("number", "0,120-1800", "120", "120"),
        ("number", "0, 120 - 1800", "1800", "1800"),
        ("number", "2-", "999999999", "999999999"),
        ("text", "", "anything, really", "anything, really"),
        ("text", "red, green", "green", "green"),
    ],
)
def test_allowed(value_type: str, allowed: str, value: str, proper: str) -> None:
    assert clean_value(value_type=value_type, allowed_values=allowed, value=value) == proper


@pytest.mark.parametrize(
    ("value_type", "allowed", "value", "code"),
    [
        ("yes-no", "Yes,No", "maybe", "not-yes-or-no"),
        ("yes-no", "Yes,No", "", "not-yes-or-no"),
        ("yes-no", "Yes", "No", "value-not-allowed"),
        ("number", "", "", "not-a-number"),
        ("number", "", "-1", "not-a-number"),
        ("number", "", "1.5", "not-a-number"),
        ("number", "", "1e3", "not-a-number"),
        ("number", "", "١٢", "not-a-number"),
        ("number", "", "1234567890", "not-a-number"),
        ("number", "0,120-1800", "1", "value-not-allowed"),
        ("number", "0,120-1800", "119", "value-not-allowed"),
        ("number", "0,120-1800", "1801", "value-not-allowed"),
        ("number", "2-", "1", "value-not-allowed"),
        ("text", "red, green", "Green", "value-not-allowed"),
    ],
)
def test_refused(value_type: str, allowed: str, value: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_value(value_type=value_type, allowed_values=allowed, value=value)
    assert refusal.value.code == code


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_value(value_type="number", allowed_values="0,120-1800", value="60")
    assert refusal.value.messages == ["“60” is not allowed here. Allowed: 0,120-1800."]


@pytest.mark.parametrize(
    ("value_type", "allowed"), [("number", "many"), ("number", "9-2"), ("number", "-5"), ("yes-no", "Yes,Perhaps")]
)
def test_allowed_values_that_make_no_sense(value_type: str, allowed: str) -> None:
    with pytest.raises(ValidationError):
        check_allowed_values(value_type=value_type, allowed_values=allowed)


class TestOption:
    def refused_fields(self, **changes: object) -> set[str]:
        option = ProfileOption(
            **{"code": "ONE", "display_name": "One", "value_type": "number", "default_value": "1", **changes}
        )
        with pytest.raises(ValidationError) as refusal:
            option.clean()
        return set(refusal.value.message_dict)

    def test_default_that_is_not_allowed(self) -> None:
        assert self.refused_fields(allowed_values="2-") == {"default_value"}

    def test_allowed_values_that_cannot_be_read(self) -> None:
        assert self.refused_fields(allowed_values="few") == {"allowed_values"}

    def test_last_day_before_the_first(self) -> None:
        dates = {"start_date": date(2026, 11, 20), "end_date": date(2026, 11, 19)}
        assert self.refused_fields(**dates) == {"end_date"}


@pytest.mark.django_db
class TestValue:
    def value(self, code: str, level: str, value: str, **where: object) -> ProfileOptionValue:
        return ProfileOptionValue(option_id=code, level=level, value=value, **where)

    def test_is_brought_into_its_proper_form(self) -> None:
        row = self.value("SVC_ENABLE_CHAT", "site", "no")
        row.full_clean()
        assert row.value == "No"

    def test_is_held_against_the_option(self) -> None:
        with pytest.raises(ValidationError) as refusal:
            self.value("ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS", "site", "60").full_clean()
        assert set(refusal.value.message_dict) == {"value"}

    def test_site_only(self) -> None:
        with pytest.raises(ValidationError) as refusal:
            self.value("ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS", "product", "600", product="CRM").full_clean()
        assert set(refusal.value.message_dict) == {"level"}

    @pytest.mark.parametrize(
        ("level", "product", "has_user"),
        [
            ("site", "CRM", False),
            ("site", "", True),
            ("product", "", False),
            ("user", "", False),
            ("user", "CRM", True),
        ],
    )
    def test_names_what_its_level_needs_and_nothing_else(self, level: str, product: str, has_user: bool) -> None:
        user = User.objects.create_user("jane") if has_user else None
        with pytest.raises(ValidationError, match="Name a product"):
            self.value("SVC_ENABLE_CHAT", level, "No", product=product, user=user).full_clean()

    def test_once_at_each_level(self) -> None:
        self.value("SVC_ENABLE_CHAT", "site", "No").save()
        with pytest.raises(ValidationError):
            self.value("SVC_ENABLE_CHAT", "site", "Yes").full_clean()

    def test_of_an_option_that_does_not_exist(self) -> None:
        with pytest.raises(ValidationError) as refusal:
            self.value("SVC_NO_SUCH_OPTION", "site", "No").full_clean()
        assert set(refusal.value.message_dict) == {"option"}
