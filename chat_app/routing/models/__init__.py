"""Tables of routing: where a chat goes, and by which options."""

from chat_app.routing.models.hours import Holiday, ServiceCalendar, ServicePeriod
from chat_app.routing.models.profile import ProfileOption, ProfileOptionValue
from chat_app.routing.models.queues import Interface, Queue, QueueOverflow, QueueResource, Team
from chat_app.routing.models.rules import AssignmentRule, Criterion

__all__ = [
    "AssignmentRule",
    "Criterion",
    "Holiday",
    "Interface",
    "ProfileOption",
    "ProfileOptionValue",
    "Queue",
    "QueueOverflow",
    "QueueResource",
    "ServiceCalendar",
    "ServicePeriod",
    "Team",
]
