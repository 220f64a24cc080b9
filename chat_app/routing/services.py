"""What changes routing, and what must not be changed.

Every function is one transaction and raises ``ValidationError`` with a sentence for the administrator.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chat_app.routing.models import AssignmentRule, Interface, Queue

RANK_STEP = 10
"""Room between ranks, so that a rule can be put between two others by hand."""


@transaction.atomic
def create_interface(
    *,
    id: int,  # noqa: A002 - the field's own name
    name: str,
    chat_site_name: str,
    default_queue_id: int,
    default_queue_name: str,
    **fields: Any,
) -> Interface:
    """Store an interface together with its default queue. The first interface of all is the default one."""
    is_first = not Interface.objects.exists()
    interface = Interface(id=id, name=name, chat_site_name=chat_site_name, **{"is_default": is_first, **fields})
    interface.full_clean()
    interface.save(force_insert=True)
    queue = Queue(id=default_queue_id, interface=interface, name=default_queue_name, is_default=True)
    queue.full_clean()
    queue.save(force_insert=True)
    return interface


@transaction.atomic
def reorder(interface: Interface, rule_ids: Sequence[int]) -> None:
    """Rank the rules of ``interface`` in the order of ``rule_ids``, which names each of them once."""
    rules = {rule.pk: rule for rule in interface.rules.select_for_update()}
    if sorted(rule_ids) != sorted(rules):
        raise ValidationError(
            _("The rules of this interface have changed meanwhile. Reload the page and order them again."),
            code="rules-changed",
        )
    for position, rule_id in enumerate(rule_ids, start=1):
        rules[rule_id].rank = position * RANK_STEP
    AssignmentRule.objects.bulk_update(rules.values(), ["rank"])
