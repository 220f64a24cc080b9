"""Admin pages of routing; importing them registers them."""

from chat_app.routing.admin.hours import ServiceCalendarAdmin
from chat_app.routing.admin.interfaces import InterfaceAdmin
from chat_app.routing.admin.profile import ProfileOptionAdmin
from chat_app.routing.admin.queues import QueueAdmin, TeamAdmin
from chat_app.routing.admin.rules import AssignmentRuleAdmin

__all__ = [
    "AssignmentRuleAdmin",
    "InterfaceAdmin",
    "ProfileOptionAdmin",
    "QueueAdmin",
    "ServiceCalendarAdmin",
    "TeamAdmin",
]
