"""Profile options as a process remembers them, and which value is in force.

The closest level wins: user before product before site before the default (docs/administration.md, "Profile
options"). Outside of its dates an option has its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Exists

from chat_app.routing.models import ProfileOption, ProfileOptionValue

Level = ProfileOptionValue.Level

COMMON_PRODUCT = "CRM"
"""The product of a request that names no application (``stripeCode``)."""


class OptionCode(StrEnum):
    """The options that the product itself asks for."""

    ENABLE_CHAT = "SVC_ENABLE_CHAT"
    WAIT_TIME_ENABLED = "SVC_CHAT_WAIT_TIME_ENABLED"
    DISCARD_SECONDS = "ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS"
    ABSENT_INTERVAL = "ORA_SVC_CHAT_ABSENT_INTERVAL"
    END_USER_ABSENT_RETRY_COUNT = "ORA_SVC_CHAT_ENDUSER_ABSENT_RETRY_COUNT"
    OFFER_TIMEOUT = "SVC_CHAT_OFFER_NOTIFICATION_TIMEOUT_VALUE"
    STARVATION_PREVENTION_INTERVAL = "SVC_STARVATION_PREVENTION_RT_INTERVAL"


BUILT_IN_DEFAULTS: Mapping[str, str] = {
    OptionCode.ENABLE_CHAT: "Yes",
    OptionCode.WAIT_TIME_ENABLED: "No",
    OptionCode.DISCARD_SECONDS: "600",
    OptionCode.ABSENT_INTERVAL: "120",
    OptionCode.END_USER_ABSENT_RETRY_COUNT: "2",
    OptionCode.OFFER_TIMEOUT: "15",
    OptionCode.STARVATION_PREVENTION_INTERVAL: "180",
}
"""In force when the row of an option has gone, so that no request fails for want of it."""


class Source(StrEnum):
    """Where the value in force comes from."""

    USER = "user"
    PRODUCT = "product"
    SITE = "site"
    DEFAULT = "default"
    OUT_OF_DATES = "out-of-dates"
    """The default, since today is not between the option's dates."""


class EffectiveValue(NamedTuple):
    """The value in force, and what gave it."""

    value: str
    source: Source


@dataclass(frozen=True, slots=True)
class OptionFacts:
    """One option with its values of the levels *Site* (``None`` without one) and *Product*."""

    default: str
    site: str | None = None
    products: Mapping[str, str] | None = None
    site_only: bool = False
    start: date | None = None
    end: date | None = None

    def effective(self, *, product: str, user_value: str | None, today: date) -> EffectiveValue:
        """Return the value of the closest level that has one."""
        if not is_within(self.start, self.end, today):
            return EffectiveValue(self.default, Source.OUT_OF_DATES)
        if not self.site_only:
            if user_value is not None:
                return EffectiveValue(user_value, Source.USER)
            if (of_product := (self.products or {}).get(product)) is not None:
                return EffectiveValue(of_product, Source.PRODUCT)
        if self.site is not None:
            return EffectiveValue(self.site, Source.SITE)
        return EffectiveValue(self.default, Source.DEFAULT)


@dataclass(frozen=True, slots=True)
class ProfileSnapshot:
    """All profile options; ``has_user_values`` says whether ``selectors.user_level_values`` can find anything."""

    options: Mapping[str, OptionFacts]
    has_user_values: bool

    def value(self, code: str, *, product: str, user_values: Mapping[str, str], today: date) -> str:
        """Return the value in force for one request; ``product`` is its ``stripeCode`` or ``""``.

        Raises ``LookupError`` for a code that is neither stored nor one of ``OptionCode``.
        """
        return self.effective(code, product=product, user_values=user_values, today=today).value

    def site_value(self, code: str, *, today: date) -> str:
        """Like ``value``, for what belongs to no product and no end user: the level *Site*, else the default."""
        option = self.options.get(code)
        if option is None:
            return _built_in_default(code)
        return replace(option, products=None).effective(product="", user_value=None, today=today).value

    def effective(self, code: str, *, product: str, user_values: Mapping[str, str], today: date) -> EffectiveValue:
        """Like ``value``, with the level that gave it."""
        option = self.options.get(code)
        if option is None:
            return EffectiveValue(_built_in_default(code), Source.DEFAULT)
        return option.effective(product=product or COMMON_PRODUCT, user_value=user_values.get(code), today=today)


class OptionsInForce:
    """The profile options of one request: ``product`` is its ``stripeCode`` or ``""``."""

    def __init__(self, profile: ProfileSnapshot, *, product: str, user_values: Mapping[str, str], today: date) -> None:
        self._profile, self._product, self._user_values, self._today = profile, product, user_values, today

    def is_on(self, code: OptionCode) -> bool:
        """Whether an option of Yes and No says Yes."""
        return self._value(code) == "Yes"

    def number(self, code: OptionCode) -> int:
        """Return the value of an option that is a whole number; its built-in default where it is none."""
        value = self._value(code)
        return int(value) if value.isascii() and value.isdecimal() else int(BUILT_IN_DEFAULTS[code])

    def _value(self, code: OptionCode) -> str:
        return self._profile.value(code, product=self._product, user_values=self._user_values, today=self._today)


def is_within(start: date | None, end: date | None, today: date) -> bool:
    """Tell whether ``today`` lies within an option's dates, both included; None is no bound."""
    return (start is None or start <= today) and (end is None or today <= end)


def load_profile() -> ProfileSnapshot:
    """Read the options and their values, those of users excepted: there may be one for each. Two queries."""
    user_values = ProfileOptionValue.objects.filter(level=Level.USER)
    options = list(ProfileOption.objects.annotate(any_user_values=Exists(user_values)))
    site: dict[str, str] = {}
    products: dict[str, dict[str, str]] = {}
    for value in ProfileOptionValue.objects.exclude(level=Level.USER):
        if value.level == Level.SITE:
            site[value.option_id] = value.value
        else:
            products.setdefault(value.option_id, {})[value.product] = value.value
    return ProfileSnapshot(
        options={option.code: _facts(option, site, products) for option in options},
        has_user_values=any(option.any_user_values for option in options),
    )


def _facts(option: ProfileOption, site: Mapping[str, str], products: Mapping[str, Mapping[str, str]]) -> OptionFacts:
    return OptionFacts(
        default=option.default_value,
        site=site.get(option.code),
        products=products.get(option.code),
        site_only=option.site_only,
        start=option.start_date,
        end=option.end_date,
    )


def _built_in_default(code: str) -> str:
    if code not in BUILT_IN_DEFAULTS:
        raise LookupError(f"There is no profile option with the code {code!r}.")
    return BUILT_IN_DEFAULTS[code]
