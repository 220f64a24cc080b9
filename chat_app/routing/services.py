"""What changes routing, and what must not be changed (docs/administration.md, "Queues").

Every function is one transaction, and runs one at a time over all processes. All of them raise ``ValidationError``
with sentences for the administrator.
"""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from authenticate_app.revisions.services import lock_topic
from chat_app.routing.models import AssignmentRule, Interface, Queue
from chat_app.routing.selectors import reasons_to_keep_interface, reasons_to_keep_queue

TOPIC = "routing"

RANK_STEP = 10
"""Room between ranks, so that a rule can be put between two others by hand."""


@transaction.atomic
def create_interface(*, interface: Interface, default_queue: Queue | None = None) -> Interface:
    """Store an interface with its default queue; without one given, a queue "Default" with the next free id.

    The first interface of all becomes the default one.
    """
    lock_topic(TOPIC)
    interface.is_default = interface.is_default or not Interface.objects.exists()
    interface.full_clean()
    interface.save(force_insert=True)
    queue = default_queue or Queue(id=_next_queue_id(), name=_("Default"))
    queue.interface = interface
    queue.is_default = True
    queue.full_clean()
    queue.save(force_insert=True)
    return interface


@transaction.atomic
def make_default_interface(*, interface: Interface) -> None:
    """Let ``interface`` take what no business unit claims, in place of the one that did."""
    lock_topic(TOPIC)
    interface.refresh_from_db()
    if not interface.enabled:
        raise ValidationError(_("A disabled interface takes no chats. Enable it first."), code="disabled")
    Interface.objects.filter(is_default=True).exclude(pk=interface.pk).update(is_default=False)
    interface.is_default = True
    interface.save(update_fields=["is_default"])


@transaction.atomic
def make_default_queue(*, queue: Queue) -> None:
    """Let ``queue`` take what nothing else of its interface takes, in place of the one that did."""
    lock_topic(TOPIC)
    queue.refresh_from_db()
    if not queue.enabled or queue.distribution != Queue.Distribution.AUTOMATIC:
        raise ValidationError(
            _("The default queue must be enabled, and its distribution automatic. Change that first."),
            code="not-fit-as-default",
        )
    siblings = Queue.objects.filter(interface=queue.interface_id, is_default=True)
    siblings.exclude(pk=queue.pk).update(is_default=False)
    queue.is_default = True
    queue.save(update_fields=["is_default"])


@transaction.atomic
def delete_queue(*, queue: Queue) -> None:
    """Delete a queue that nothing depends on."""
    lock_topic(TOPIC)
    queue.refresh_from_db()
    _refuse(reasons_to_keep_queue(queue=queue))
    queue.delete()


@transaction.atomic
def delete_interface(*, interface: Interface) -> None:
    """Delete an interface that nothing depends on, with its rules and its default queue."""
    lock_topic(TOPIC)
    interface.refresh_from_db()
    _refuse(reasons_to_keep_interface(interface=interface))
    interface.rules.all().delete()
    interface.queues.all().delete()
    interface.delete()


@transaction.atomic
def reorder(*, interface: Interface, rule_ids: Sequence[int]) -> None:
    """Rank the rules of ``interface`` in the order of ``rule_ids``, which must name each of them once."""
    lock_topic(TOPIC)
    rules = {rule.pk: rule for rule in interface.rules.all()}
    if sorted(rule_ids) != sorted(rules):
        raise ValidationError(
            _("The rules of this interface have changed meanwhile. Reload the page and order them again."),
            code="rules-changed",
        )
    for position, rule_id in enumerate(rule_ids, start=1):
        rules[rule_id].rank = position * RANK_STEP
    AssignmentRule.objects.bulk_update(rules.values(), ["rank"])


def next_rank(*, interface: Interface) -> int:
    """Return the rank that puts a new rule below those that there are."""
    highest: int | None = interface.rules.aggregate(highest=Max("rank"))["highest"]
    return (highest or 0) + RANK_STEP


def _next_queue_id() -> int:
    highest: int | None = Queue.objects.aggregate(highest=Max("id"))["highest"]
    return (highest or 0) + 1


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise ValidationError([ValidationError(reason, code="in-use") for reason in reasons])
