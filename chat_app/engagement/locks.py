"""One thing after the other: every change of an engagement locks its row first, then mailboxes in the order of ids."""

from chat_app.engagement.models import Engagement


def lock_engagement(engagement_id: int) -> Engagement | None:
    """Return the engagement, locked until the transaction ends; None where there is none (any more)."""
    return Engagement.objects.select_for_update(no_key=True).filter(pk=engagement_id).first()
