"""What an administrator should know about routing: nothing here is refused, but chats may go astray."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from chat_app.routing.models import AssignmentRule, Interface, Queue, QueueResource


class Concern(StrEnum):
    """What the matter is."""

    NO_DEFAULT_INTERFACE = "no-default-interface"
    DEFAULT_INTERFACE_DISABLED = "default-interface-disabled"
    NO_DEFAULT_QUEUE = "no-default-queue"
    NOBODY_SERVES_DEFAULT_QUEUE = "nobody-serves-default-queue"
    RULE_TO_DISABLED_QUEUE = "rule-to-disabled-queue"
    RULE_HIDES_OTHERS = "rule-hides-others"


@dataclass(frozen=True, slots=True)
class Advice:
    """A concern, a sentence about it, and the row to look at (``None`` where there is none yet)."""

    concern: Concern
    message: str
    about: Interface | Queue | AssignmentRule | None


def advice() -> list[Advice]:
    """List what should be looked at, the gravest first. Five queries, however many rows there are."""
    return [*_on_default_interface(), *_on_default_queues(), *_on_rules()]


def served_queues() -> QuerySet[Queue]:
    """Find the queues that an active agent serves, alone or in a team."""
    resources = QueueResource.objects.filter(queue=OuterRef("pk"))
    by_somebody = resources.filter(Q(agent__is_active=True) | Q(team__members__is_active=True))
    return Queue.objects.filter(Exists(by_somebody))


def _on_default_interface() -> Iterator[Advice]:
    default = Interface.objects.filter(is_default=True).first()
    if default is None:
        text = _("There is no default interface, so requests without a known business unit are refused.")
        yield Advice(Concern.NO_DEFAULT_INTERFACE, text, None)
    elif not default.enabled:
        text = _("The default interface “%(name)s” is disabled: requests that no business unit claims are refused.")
        yield Advice(Concern.DEFAULT_INTERFACE_DISABLED, text % {"name": default.name}, default)


def _on_default_queues() -> Iterator[Advice]:
    default_queues = Queue.objects.filter(is_default=True)
    for interface in Interface.objects.exclude(Exists(default_queues.filter(interface=OuterRef("pk")))):
        text = _("The interface “%(name)s” has no default queue, so its chats are refused unless a rule takes them.")
        yield Advice(Concern.NO_DEFAULT_QUEUE, text % {"name": interface.name}, interface)
    for queue in default_queues.filter(interface__enabled=True).exclude(pk__in=served_queues()):
        text = _("Nobody serves the default queue “%(name)s”. Add an agent or a team to it.")
        yield Advice(Concern.NOBODY_SERVES_DEFAULT_QUEUE, text % {"name": queue.name}, queue)


def _on_rules() -> Iterator[Advice]:
    enabled = AssignmentRule.objects.filter(enabled=True)
    for rule in enabled.filter(queue__enabled=False).select_related("queue"):
        text = _("The rule “%(rule)s” is passed over, because its queue “%(queue)s” is disabled.")
        yield Advice(Concern.RULE_TO_DISABLED_QUEUE, text % {"rule": rule.name, "queue": rule.queue.name}, rule)
    later = enabled.filter(Q(rank__gt=OuterRef("rank")) | Q(rank=OuterRef("rank"), pk__gt=OuterRef("pk")))
    hides = enabled.filter(criteria__isnull=True, queue__enabled=True, queue__interface=F("interface"))
    for rule in hides.filter(Exists(later.filter(interface=OuterRef("interface")))):
        text = _("The rule “%(rule)s” has no criteria and takes every chat: the rules below it are never tried.")
        yield Advice(Concern.RULE_HIDES_OTHERS, text % {"rule": rule.name}, rule)
