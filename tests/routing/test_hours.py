"""Hours of service, by the clock on the wall, also when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from chat_app.routing.hours import MIDNIGHT, is_open
from chat_app.routing.models import Holiday, ServiceCalendar, ServicePeriod

BERLIN = ZoneInfo("Europe/Berlin")
CHANGING_ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "America/Santiago", "UTC"]
HALF_HOUR = timedelta(minutes=30)


class FakeRows:
    """Rows as a prefetch gives them, without a database."""

    def __init__(self, rows: list[object]) -> None:
        self._rows = rows

    def all(self) -> list[object]:
        return self._rows


class FakeCalendar:
    def __init__(self, zone: str, periods: list[ServicePeriod], holidays: list[date]) -> None:
        self.time_zone = zone
        self.periods = FakeRows(list(periods))
        self.holidays = FakeRows([Holiday(date=day) for day in holidays])


def period(weekday: int, opens: time, closes: time) -> ServicePeriod:
    return ServicePeriod(weekday=weekday, opens_at=opens, closes_at=closes)


def opened(at: datetime, *periods: ServicePeriod, zone: str = "Europe/Berlin", holidays: tuple[date, ...] = ()) -> bool:
    return is_open(FakeCalendar(zone, list(periods), list(holidays)), at)  # type: ignore[arg-type]


NINE_TO_FIVE = period(4, time(9), time(17))  # Fridays
AROUND_THE_CLOCK = [period(weekday, time(0), MIDNIGHT) for weekday in range(7)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (time(8, 59, 59), False),
        (time(9), True),
        (time(16, 59, 59, 999999), True),
        (time(17), False),
    ],
)
def test_a_period_includes_its_beginning_and_not_its_end(at: time, expected: bool) -> None:
    assert opened(datetime.combine(date(2026, 11, 20), at, BERLIN), NINE_TO_FIVE) is expected


def test_the_time_zone_is_the_calendars() -> None:
    assert not opened(datetime(2026, 11, 20, 16, 30, tzinfo=UTC), NINE_TO_FIVE)
    assert opened(datetime(2026, 11, 20, 16, 30, tzinfo=UTC), NINE_TO_FIVE, zone="UTC")


def test_another_weekday_is_closed() -> None:
    assert not opened(datetime(2026, 11, 21, 12, tzinfo=BERLIN), NINE_TO_FIVE)


def test_a_holiday_is_closed() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=BERLIN)
    assert not opened(noon, NINE_TO_FIVE, holidays=(date(2026, 11, 20),))
    assert opened(noon, NINE_TO_FIVE, holidays=(date(2026, 11, 19),))


def test_a_holiday_begins_at_the_calendars_midnight() -> None:
    at = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert not opened(at, *AROUND_THE_CLOCK, holidays=(date(2026, 11, 20),))


def test_the_last_second_of_the_day_belongs_to_a_period_until_midnight() -> None:
    assert opened(datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=BERLIN), *AROUND_THE_CLOCK)


def test_two_periods_of_one_day() -> None:
    morning, afternoon = period(4, time(8), time(12)), period(4, time(13), time(17))
    at = datetime(2026, 11, 20, 12, 30, tzinfo=BERLIN)
    assert [opened(at + HALF_HOUR * n, morning, afternoon) for n in (-2, 0, 1)] == [True, False, True]


def test_no_period_is_never_open() -> None:
    assert not opened(datetime(2026, 11, 20, 12, tzinfo=UTC))


def test_no_calendar_is_always_open() -> None:
    assert is_open(None, datetime(2026, 11, 20, 3, tzinfo=UTC))


def test_a_time_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        opened(datetime(2026, 11, 20, 12), NINE_TO_FIVE)  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 1), (date(2026, 10, 25), 3), (date(2026, 11, 1), 2)],
    ids=["clocks go forward", "clocks go back", "ordinary Sunday"],
)
def test_a_night_shift_when_clocks_change(day: date, hours: int) -> None:
    """From 1 to 3 by the wall: two hours, but one or three where the clock passes over or repeats an hour."""
    shift = period(6, time(1), time(3))
    midnight = datetime.combine(day, time(0), BERLIN).astimezone(UTC)
    open_half_hours = sum(opened(midnight + HALF_HOUR * n, shift) for n in range(16))
    assert open_half_hours == hours * 2


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
ZONES = st.sampled_from(CHANGING_ZONES)
PERIODS = st.tuples(st.integers(0, 6), st.times(), st.times()).filter(lambda row: row[1] < row[2])


@given(at=MOMENTS, zone=ZONES)
def test_around_the_clock_has_no_gap(at: datetime, zone: str) -> None:
    assert opened(at, *AROUND_THE_CLOCK, zone=zone)


@given(day=st.dates(date(2020, 1, 1), date(2034, 12, 31)), opens=st.times(), closes=st.times(), zone=ZONES)
def test_beginning_and_end_are_where_the_wall_says(day: date, opens: time, closes: time, zone: str) -> None:
    """Both times are turned into instants first; what lies between them is open, what lies around is not."""
    begin = datetime.combine(day, opens, ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(day, closes, ZoneInfo(zone)).astimezone(UTC)
    shift = period(day.weekday(), opens, closes)
    assume(opens < closes < MIDNIGHT and not crosses_a_change(begin, end, zone))
    instant = timedelta(microseconds=1)
    found = [opened(at, shift, zone=zone) for at in (begin - instant, begin, end - instant, end)]
    assert found == [False, True, True, False]


def crosses_a_change(begin: datetime, end: datetime, zone: str) -> bool:
    offsets = {
        (at + timedelta(hours=shift)).astimezone(ZoneInfo(zone)).utcoffset() for at in (begin, end) for shift in (-3, 3)
    }
    return len(offsets) > 1


@given(at=MOMENTS, zone=ZONES, row=PERIODS)
def test_what_counts_is_what_the_wall_shows(at: datetime, zone: str, row: tuple[int, time, time]) -> None:
    """Open or not depends on weekday and time as a clock there shows them, and on nothing else."""
    weekday, opens, closes = row
    shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    until_midnight = closes >= MIDNIGHT
    expected = shown.weekday() == weekday and opens <= shown.time() and (until_midnight or shown.time() < closes)
    assert opened(at, period(weekday, opens, closes), zone=zone) is expected


@pytest.mark.django_db
class TestStored:
    def test_two_queries_unless_prefetched(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        calendar = ServiceCalendar.objects.create(name="Office", time_zone="Europe/Berlin")
        ServicePeriod.objects.create(calendar=calendar, weekday=4, opens_at=time(9), closes_at=time(17))
        Holiday.objects.create(calendar=calendar, date=date(2026, 12, 25), name="Christmas")
        with django_assert_num_queries(2):
            assert is_open(calendar, datetime(2026, 11, 20, 12, tzinfo=BERLIN))
        prefetched = ServiceCalendar.objects.prefetch_related("periods", "holidays").get()
        with django_assert_num_queries(0):
            assert not is_open(prefetched, datetime(2026, 12, 25, 12, tzinfo=BERLIN))

    def test_an_unknown_time_zone_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="Europe/Berlin"):
            ServiceCalendar(name="Office", time_zone="Mars/Olympus").full_clean()

    def test_a_period_that_ends_before_it_begins_is_refused(self) -> None:
        calendar = ServiceCalendar.objects.create(name="Night")
        row = ServicePeriod(calendar=calendar, weekday=0, opens_at=time(22), closes_at=time(6))
        with pytest.raises(ValidationError, match="midnight"):
            row.full_clean()
