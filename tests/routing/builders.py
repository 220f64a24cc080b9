"""Rows and compiled rules for the tests of routing, with everything that a test does not care about filled in."""

from collections.abc import Mapping
from itertools import count

from chat_app.routing import services
from chat_app.routing.evaluation import CompiledCriterion, CompiledRule, RoutingRequest, compile_criterion
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue

_ids = count(1)

Row = tuple[str, str, str, str]
"""Subject, name, operator and value of a criterion."""


def interface(number: int = 1, **fields: object) -> Interface:
    """Store an interface with the default queue ``number * 10``."""
    row = Interface(id=number, **{"name": f"Interface {number}", "chat_site_name": f"site-{number}", **fields})
    return services.create_interface(interface=row, default_queue=Queue(id=number * 10, name="Default"))


def queue(number: int, of: Interface, **fields: object) -> Queue:
    return Queue.objects.create(id=number, interface=of, **{"name": f"Queue {number}", **fields})


def rule(to: Queue, *criteria: Row, rank: int = 0, enabled: bool = True, name: str = "A rule") -> AssignmentRule:
    row = AssignmentRule.objects.create(interface=to.interface, queue=to, rank=rank, enabled=enabled, name=name)
    for subject, key, operator, value in criteria:
        Criterion.objects.create(rule=row, subject=subject, name=key, operator=operator, value=value)
    return row


def criterion(row: Row) -> CompiledCriterion:
    subject, name, operator, value = row
    return compile_criterion(id=next(_ids), subject=subject, name=name, operator=operator, value=value)


def compiled(rule_id: int, *rows: Row) -> CompiledRule:
    criteria = tuple(criterion(row) for row in rows)
    return CompiledRule(id=rule_id, rank=rule_id, name=f"Rule {rule_id}", enabled=True, queue_id=1, criteria=criteria)


def request(
    attributes: Mapping[str, str] | None = None,
    *,
    custom_fields: Mapping[str, object] | None = None,
    organization: str = "",
    queue_id: int | None = None,
) -> RoutingRequest:
    return RoutingRequest(
        attributes=attributes or {},
        custom_fields=custom_fields or {},
        caller_organization=organization,
        queue_id=queue_id,
    )
