"""Hours of service: whether people are there to answer (docs/administration.md, "Hours of service").

Periods are meant by the clock on the wall of the calendar's time zone. So where clocks go forward, the hour that is
left out is nobody's; where they go back, the hour that comes twice is open both times, or neither.
"""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from chat_app.routing.models import ServiceCalendar, ServicePeriod

MIDNIGHT = time(23, 59, 59)
"""The ``closes_at`` that stands for the end of the day; the day's last second belongs to the period."""


def is_open(calendar: ServiceCalendar | None, at: datetime) -> bool:
    """Tell whether ``calendar`` has service at ``at``; without a calendar there always is.

    Periods and holidays are read, unless they were prefetched. Raises ``ValueError`` if ``at`` bears no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("A time without a time zone does not say when it is.")
    if calendar is None:
        return True
    local = at.astimezone(ZoneInfo(calendar.time_zone))
    if any(holiday.date == local.date() for holiday in calendar.holidays.all()):
        return False
    return any(_contains(period, local) for period in calendar.periods.all())


def _contains(period: ServicePeriod, local: datetime) -> bool:
    if period.weekday != local.weekday() or local.time() < period.opens_at:
        return False
    return period.closes_at >= MIDNIGHT or local.time() < period.closes_at
