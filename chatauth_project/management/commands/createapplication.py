"""``manage.py createapplication`` of django-oauth-toolkit, refused."""

from chatauth_project.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Makes no client."""

    help = "Not for this server: clients are made in the admin."
    instead = 'Clients are made in the admin, by what they are for: docs/oauth.md, "Clients".'
