"""Reading revisions."""

from authenticate_app.revisions.models import Revision


def revision_of(topic: str) -> int:
    """Read the revision of ``topic`` in one query; 0 when nothing of it has ever changed."""
    values = Revision.objects.filter(topic=topic).values_list("value", flat=True)
    return next(iter(values), 0)
