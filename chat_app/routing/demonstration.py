"""An interface, queues and rules to try the product with (``make run``)."""

from collections.abc import Mapping

from django.db import transaction

from authenticate_app.revisions.services import lock_topic
from chat_app.routing import services
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue

INTERFACE_ID = 1
DEFAULT_QUEUE_ID = 1
PRIORITY_QUEUE_ID = 2

Subject = Criterion.Subject
Operator = Criterion.Operator

RULES: Mapping[str, dict[str, str]] = {
    "Gold and platinum customers": {
        "subject": Subject.CUSTOM_FIELD,
        "name": "tier",
        "operator": Operator.ONE_OF,
        "value": "gold\nplatinum",
    },
    "Urgent matters": {
        "subject": Subject.ATTRIBUTE,
        "name": "incidentSeverityCode",
        "operator": Operator.EQUALS,
        "value": "ORA_SVC_SEV_1",
    },
    "Questions about a refund": {
        "subject": Subject.ATTRIBUTE,
        "name": "question",
        "operator": Operator.CONTAINS,
        "value": "refund",
    },
}
"""Each with its criterion. All of them give the chat to the priority queue."""


@transaction.atomic
def load(_passwords: Mapping[str, str]) -> None:
    """Store the demonstration's routing, unless there is an interface already: what somebody changed stays.

    The passwords are for the accounts of the demonstration; routing has none.
    """
    lock_topic(services.TOPIC)
    if Interface.objects.exists():
        return
    interface = _create_interface()
    queue = Queue.objects.create(
        id=PRIORITY_QUEUE_ID,
        interface=interface,
        name="Priority",
        description="Customers who should not wait.",
    )
    for position, (name, criterion) in enumerate(RULES.items(), start=1):
        rule = AssignmentRule.objects.create(
            interface=interface, rank=position * services.RANK_STEP, name=name, queue=queue
        )
        Criterion.objects.create(rule=rule, **criterion)


def _create_interface() -> Interface:
    return services.create_interface(
        interface=Interface(
            id=INTERFACE_ID,
            name="Customer service",
            chat_site_name="demonstration",
            pool_id="353:2",
        ),
        default_queue=Queue(id=DEFAULT_QUEUE_ID, name="General"),
    )
