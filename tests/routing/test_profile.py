"""Which value of a profile option is in force, for whom and when."""

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from chat_app.routing.models import ProfileOption, ProfileOptionValue
from chat_app.routing.profile import BUILT_IN_DEFAULTS, EffectiveValue, OptionCode, OptionFacts, Source, load_profile
from chat_app.routing.profile_texts import TEXTS
from chat_app.routing.selectors import describe_effective, user_level_values

TODAY = date(2026, 11, 20)
ENABLE = OptionCode.ENABLE_CHAT
DISCARD = OptionCode.DISCARD_SECONDS


def store(code: str, value: str, *, product: str = "", user: User | None = None) -> None:
    level = "user" if user else "product" if product else "site"
    ProfileOptionValue.objects.create(option_id=code, level=level, product=product, user=user, value=value)


class TestPrecedence:
    ALL = OptionFacts(default="default", site="site", products={"CRM": "product"})

    def effective(self, option: OptionFacts, product: str = "CRM", user_value: str | None = None) -> EffectiveValue:
        return option.effective(product=product, user_value=user_value, today=TODAY)

    def test_user_before_product(self) -> None:
        assert self.effective(self.ALL, user_value="user") == EffectiveValue("user", Source.USER)

    def test_product_before_site(self) -> None:
        assert self.effective(self.ALL) == EffectiveValue("product", Source.PRODUCT)

    def test_site_before_default(self) -> None:
        assert self.effective(self.ALL, product="HRHD") == EffectiveValue("site", Source.SITE)

    def test_default_last(self) -> None:
        assert self.effective(OptionFacts(default="default")) == EffectiveValue("default", Source.DEFAULT)

    def test_an_empty_value_is_a_value(self) -> None:
        assert self.effective(self.ALL, user_value="") == EffectiveValue("", Source.USER)

    def test_site_only_knows_neither_user_nor_product(self) -> None:
        option = OptionFacts(default="default", site="site", products={"CRM": "product"}, site_only=True)
        assert self.effective(option, user_value="user") == EffectiveValue("site", Source.SITE)


@pytest.mark.parametrize(
    ("start", "end", "in_force"),
    [
        (None, None, True),
        (TODAY, None, True),
        (date(2026, 11, 21), None, False),
        (None, TODAY, True),
        (None, date(2026, 11, 19), False),
        (TODAY, TODAY, True),
    ],
)
def test_outside_of_its_dates_an_option_has_its_default(start: date | None, end: date | None, in_force: bool) -> None:
    option = OptionFacts(default="default", site="site", start=start, end=end)
    found = option.effective(product="CRM", user_value="user", today=TODAY)
    expected = EffectiveValue("user", Source.USER) if in_force else EffectiveValue("default", Source.OUT_OF_DATES)
    assert found == expected


@pytest.mark.django_db
class TestStoredOptions:
    # code, allowed, default, site only
    TABLE = (
        ("SVC_ENABLE_CHAT", "Yes,No", "Yes", False),
        ("SVC_CHAT_WAIT_TIME_ENABLED", "Yes,No", "No", False),
        ("ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS", "0,120-1800", "600", True),
        ("ORA_SVC_CHAT_ABSENT_INTERVAL", "1-", "120", False),
        ("ORA_SVC_CHAT_ENDUSER_ABSENT_RETRY_COUNT", "2-", "2", False),
        ("SVC_CHAT_OFFER_NOTIFICATION_TIMEOUT_VALUE", "1-", "15", False),
        ("SVC_STARVATION_PREVENTION_RT_INTERVAL", "1-", "180", False),
    )

    def test_all_of_them_come_with_the_tables(self) -> None:
        stored = ProfileOption.objects.values_list("code", "allowed_values", "default_value", "site_only")
        assert set(stored) == set(self.TABLE)

    def test_their_definitions_are_valid(self) -> None:
        for option in ProfileOption.objects.all():
            option.full_clean()
            assert option.display_name
            assert option.description

    def test_they_are_explained_in_every_language(self) -> None:
        stored = ProfileOption.objects.values_list("display_name", "description")
        assert {text for pair in stored for text in pair} == set(TEXTS)

    def test_built_in_defaults_are_the_stored_ones(self) -> None:
        assert dict(ProfileOption.objects.values_list("code", "default_value")) == BUILT_IN_DEFAULTS

    def test_values_of_site_and_product_are_in_the_snapshot(self) -> None:
        store(ENABLE, "No")
        store(ENABLE, "Yes", product="HRHD")
        profile = load_profile()
        found = {
            product: profile.value(ENABLE, product=product, user_values={}, today=TODAY)
            for product in ("", "CRM", "HRHD")
        }
        assert found == {"": "No", "CRM": "No", "HRHD": "Yes"}

    def test_a_request_without_application_is_of_crm(self) -> None:
        store(ENABLE, "No", product="CRM")
        assert load_profile().value(ENABLE, product="", user_values={}, today=TODAY) == "No"

    def test_it_is_known_whether_any_user_has_a_value(self) -> None:
        assert not load_profile().has_user_values
        store(ENABLE, "No", user=User.objects.create_user("jane"))
        assert load_profile().has_user_values

    def test_loading_takes_two_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        store(ENABLE, "No")
        with django_assert_num_queries(2):
            load_profile()

    def test_the_product_goes_on_when_the_row_of_an_option_is_gone(self) -> None:
        ProfileOption.objects.filter(pk=ENABLE).delete()
        found = load_profile().effective(ENABLE, product="", user_values={}, today=TODAY)
        assert found == EffectiveValue("Yes", Source.DEFAULT)

    def test_an_unknown_option_is_an_error(self) -> None:
        with pytest.raises(LookupError, match="SVC_NO_SUCH_OPTION"):
            load_profile().value("SVC_NO_SUCH_OPTION", product="", user_values={}, today=TODAY)


@pytest.mark.django_db
class TestUserLevel:
    @pytest.fixture
    def jane(self) -> User:
        user = User.objects.create_user("Jane", email="jane@example.com", email_verified=True)
        store(ENABLE, "No", user=user)
        return user

    @pytest.fixture
    def caller(self) -> User:
        user = User.objects.create_user("caller")
        store(ENABLE, "Yes", user=user)
        return user

    def found(self, name: str, caller: User) -> str | None:
        return user_level_values(name_key=name_key(name), caller_id=caller.pk).get(ENABLE)

    @pytest.mark.parametrize("name", ["Jane", "JANE", "jane@example.com", "Jane@Example.com"])
    def test_of_the_end_users_account(self, jane: User, caller: User, name: str) -> None:
        assert self.found(name, caller) == "No"

    def test_of_the_caller_where_the_end_user_has_no_account(self, jane: User, caller: User) -> None:
        assert self.found("stranger", caller) == "Yes"

    def test_of_the_caller_where_the_address_is_not_verified(self, jane: User, caller: User) -> None:
        User.objects.filter(pk=jane.pk).update(email_verified=False)
        assert self.found("jane@example.com", caller) == "Yes"

    def test_none_where_the_end_users_account_has_none(self, caller: User) -> None:
        User.objects.create_user("bob")
        assert self.found("bob", caller) is None

    def test_one_query(self, jane: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            user_level_values(name_key="jane", caller_id=jane.pk)

    def test_description_says_which_level_gave_the_value(self, jane: User) -> None:
        store(DISCARD, "300")
        store(OptionCode.OFFER_TIMEOUT, "20", product="HRHD")
        described = describe_effective(user=jane, product="HRHD", today=TODAY)
        sources = {row.option.code: (row.effective.value, row.effective.source) for row in described}
        assert len(sources) == 7
        assert sources[ENABLE] == ("No", Source.USER)
        assert sources[DISCARD] == ("300", Source.SITE)
        assert sources[OptionCode.OFFER_TIMEOUT] == ("20", Source.PRODUCT)
        assert sources[OptionCode.ABSENT_INTERVAL] == ("120", Source.DEFAULT)

    def test_description_without_a_user(self, jane: User) -> None:
        described = describe_effective(user=None, product="", today=TODAY)
        assert {row.effective.source for row in described} == {Source.DEFAULT}
