"""``manage.py clearcimdapplications`` of django-oauth-toolkit, refused."""

from chatauth_project.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Deletes nothing."""

    help = "Not for this server: there are no clients by metadata documents."
    instead = "There are no clients by metadata documents here, and so there is nothing to delete."
