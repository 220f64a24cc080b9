"""The deployment as a Django application: its commands and system checks."""

from django.apps import AppConfig


class ChatauthProjectConfig(AppConfig):
    """Registers the system checks of this project."""

    name = "chatauth_project"
    verbose_name = "chatauth"

    def ready(self) -> None:
        """Make the numbered system checks and the log of failures known to Django."""
        from chatauth_project import checks, failures  # noqa: F401 - importing registers what they receive
