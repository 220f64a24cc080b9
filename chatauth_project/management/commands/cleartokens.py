"""``manage.py cleartokens`` of django-oauth-toolkit, refused."""

from chatauth_project.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Deletes nothing."""

    help = "Not for this server: manage.py housekeeping deletes what has expired."
    instead = "Run manage.py housekeeping: it deletes codes and tokens that have expired, in small batches."
