"""Who comes first in a queue (docs/chat-server.md).

The higher priority, and with each ``starvation_seconds`` of waiting it rises by one; among equals who asked first. One
who comes back to the queue keeps the time of their request, and so their place.
"""

RANK = """(
    engagement.priority + CASE WHEN engagement.starvation_seconds = 0 THEN 0
    ELSE floor(extract(epoch FROM %(now)s::timestamptz - engagement.requested_at) / engagement.starvation_seconds) END
)"""
"""The priority of ``engagement`` at the time ``now``."""

PLACE = (
    f"row_number() OVER (PARTITION BY engagement.queue_id ORDER BY {RANK} DESC, engagement.requested_at, engagement.id)"
)
"""The place of ``engagement`` in its queue, from 1 on, among the rows of a statement that reads all who wait in it."""
