"""Hours of service at the door of the chat server, by the clock on the wall of wherever the agents sit."""

from datetime import UTC, date, datetime, time
from typing import NamedTuple

import pytest
from django.utils import timezone

from chat_app.engagement import statistics
from chat_app.engagement.errors import Refused
from chat_app.engagement.requesting import request_engagement
from chat_app.engagement.statistics import queue_stats
from chat_app.engagement.tokens import verify_chat_token
from chat_app.routing.hours import MIDNIGHT
from chat_app.routing.models import Holiday, Queue, ServiceCalendar, ServicePeriod
from tests.engagement.front import facts, token_for
from tests.world import DEFAULT_QUEUE

pytestmark = pytest.mark.usefixtures("world")

MONDAY, FRIDAY, SUNDAY = 0, 4, 6
NEW_YEAR = date(2027, 1, 1)
OPEN, CLOSED = True, False
ALWAYS = [(day, time(0), MIDNIGHT) for day in range(7)]


class Hours(NamedTuple):
    """A time zone, periods as weekday, beginning and end there, and what is open at moments in UTC."""

    zone: str
    periods: list[tuple[int, time, time]]
    moments: dict[str, bool]
    holiday: date | None = None


TABLE = {
    "clocks go forward, and an hour of the shift is left out": Hours(
        "Europe/Berlin",
        [(SUNDAY, time(1), time(3))],
        {
            "2026-03-28T23:59:59": CLOSED,
            "2026-03-29T00:00:00": OPEN,
            "2026-03-29T00:59:59": OPEN,
            "2026-03-29T01:00:00": CLOSED,
        },
    ),
    "clocks go back, and an hour of the shift comes twice": Hours(
        "Europe/Berlin",
        [(SUNDAY, time(1), time(3))],
        {
            "2026-10-24T22:59:59": CLOSED,
            "2026-10-24T23:00:00": OPEN,
            "2026-10-25T00:30:00": OPEN,
            "2026-10-25T01:30:00": OPEN,
            "2026-10-25T02:00:00": CLOSED,
        },
    ),
    "the same hours in winter and in summer": Hours(
        "Europe/Berlin",
        [(MONDAY, time(9), time(17))],
        {
            "2026-03-23T07:30:00": CLOSED,
            "2026-03-23T16:30:00": CLOSED,
            "2026-03-30T07:30:00": OPEN,
            "2026-03-30T15:30:00": CLOSED,
        },
    ),
    "clocks change by half an hour": Hours(
        "Australia/Lord_Howe",
        [(SUNDAY, time(2), time(3))],
        {"2026-10-03T15:29:59": CLOSED, "2026-10-03T15:30:00": OPEN, "2026-10-03T16:00:00": CLOSED},
    ),
    "far in the east it is Monday while it is Sunday here": Hours(
        "Pacific/Auckland",
        [(MONDAY, time(9), time(17))],
        {"2026-06-07T20:59:59": CLOSED, "2026-06-07T21:00:00": OPEN, "2026-06-08T09:00:00": CLOSED},
    ),
    "far in the west it is Friday while it is Saturday here": Hours(
        "America/Los_Angeles",
        [(FRIDAY, time(18), MIDNIGHT)],
        {
            "2026-06-06T00:59:59": CLOSED,
            "2026-06-06T01:00:00": OPEN,
            "2026-06-06T06:59:59": OPEN,
            "2026-06-06T07:00:00": CLOSED,
        },
    ),
    "a holiday begins first west of the date line": Hours(
        "Pacific/Kiritimati",
        ALWAYS,
        {
            "2026-12-31T09:59:59": OPEN,
            "2026-12-31T10:00:00": CLOSED,
            "2027-01-01T09:59:59": CLOSED,
            "2027-01-01T10:00:00": OPEN,
        },
        holiday=NEW_YEAR,
    ),
    "and last east of it": Hours(
        "Pacific/Pago_Pago",
        ALWAYS,
        {
            "2027-01-01T10:59:59": OPEN,
            "2027-01-01T11:00:00": CLOSED,
            "2027-01-02T10:59:59": CLOSED,
            "2027-01-02T11:00:00": OPEN,
        },
        holiday=NEW_YEAR,
    ),
}


@pytest.mark.parametrize("hours", TABLE.values(), ids=TABLE)
def test_who_gets_in_and_what_is_said_of_the_queue(hours: Hours) -> None:
    calendar = ServiceCalendar.objects.create(name="There", time_zone=hours.zone)
    for weekday, opens_at, closes_at in hours.periods:
        ServicePeriod.objects.create(calendar=calendar, weekday=weekday, opens_at=opens_at, closes_at=closes_at)
    if hours.holiday is not None:
        Holiday.objects.create(calendar=calendar, date=hours.holiday)
    Queue.objects.filter(pk=DEFAULT_QUEUE).update(service_calendar=calendar)
    moments = {text: datetime.fromisoformat(text).replace(tzinfo=UTC) for text in hours.moments}
    assert {text: gets_in(f"Jane {text}", at) for text, at in moments.items()} == hours.moments
    assert {text: is_told_to_be_open(at) for text, at in moments.items()} == hours.moments


def gets_in(name: str, at: datetime) -> bool:
    """Ask with a token of today, which is none of this table's business."""
    interface = facts()
    token = verify_chat_token(token_for(name), interface=interface, now=timezone.now())
    try:
        request_engagement(token=token, interface=interface, include_own_messages=False, now=at)
    except Refused as refused:
        if refused.reason != "out_of_hours":
            raise
        return False
    return True


def is_told_to_be_open(at: datetime) -> bool:
    statistics.forget()
    stats = queue_stats(DEFAULT_QUEUE, at)
    assert stats is not None
    return not stats.is_out_of_hours
