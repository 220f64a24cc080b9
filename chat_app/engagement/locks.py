"""One thing after the other. Whoever needs several of these locks takes them in this order:

1. the interface's, for whatever gives work to agents or ends their sessions (``lock_interface``),
2. engagements, in the order of their ids: every change of one locks its row first,
3. rows of agents' sessions and of queues' figures,
4. mailboxes, in the order of their ids: ``events.put`` locks them, so that it comes last, and once in a transaction.

Who is told of what happens in an engagement, its participants and the customer's mailbox, changes together with the
engagement's row: whoever changes the one writes the other, too. ``conversation`` relies on it.
"""

from collections.abc import Collection

from django.db import connection
from django.db.models import Q, QuerySet

from chat_app.engagement.models import Engagement, Mailbox


def lock_interface(interface_id: int) -> None:
    """Let nobody else give work to agents of the interface, or take agents away, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"chatauth agents of interface {interface_id}"]
        )


def lock_engagement(engagement_id: int) -> Engagement | None:
    """Return the engagement, locked until the transaction ends; None where there is none (any more)."""
    return Engagement.objects.select_for_update(no_key=True).filter(pk=engagement_id).first()


def lock_engagements(engagement_ids: Collection[int]) -> list[Engagement]:
    """Return those of the engagements that there are, locked until the transaction ends; one query."""
    if not engagement_ids:
        return []
    rows = Engagement.objects.select_for_update(no_key=True).filter(pk__in=engagement_ids)
    return list(rows.order_by("pk"))


def lock_mailboxes(chosen: "QuerySet[Mailbox]") -> list[Mailbox]:
    """Return those mailboxes, locked until the transaction ends; one query.

    For whoever changes one of them before it tells the others: one at a time they would be out of order.
    """
    return list(Mailbox.objects.select_for_update(no_key=True).filter(pk__in=chosen.values("pk")).order_by("pk"))


def mailboxes_of(engagement_id: int) -> "QuerySet[Mailbox]":
    """The mailboxes of all who are in an engagement: the customer's, and those of its agents."""
    of_agents = Q(
        agent_session__participations__engagement_id=engagement_id, agent_session__participations__left_at=None
    )
    return Mailbox.objects.filter(Q(engagement_id=engagement_id) | of_agents, voided_at=None)
