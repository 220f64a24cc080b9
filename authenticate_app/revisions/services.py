"""Changing a topic one at a time."""

from authenticate_app.revisions.models import Revision


def lock_topic(topic: str) -> None:
    """Wait until nobody else changes ``topic``, and keep others waiting until the transaction ends.

    Works against those who call this too and against the triggers. Raises ``TransactionManagementError`` outside of a
    transaction.
    """
    rows = Revision.objects.select_for_update().filter(topic=topic)
    if not list(rows):
        Revision.objects.bulk_create([Revision(topic=topic)], ignore_conflicts=True)
        list(rows.all())
