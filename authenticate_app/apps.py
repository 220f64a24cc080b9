"""The package as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuthenticateAppConfig(AppConfig):
    """Who is it?"""

    name = "authenticate_app"
    verbose_name = _("People and security")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let packages be told by those that stand before them, and Django check the clients."""
        from authenticate_app.login import branding
        from authenticate_app.messages.opening import note_opened
        from authenticate_app.oauth import (
            checks,  # noqa: F401 - importing registers them
            observers,
        )
        from authenticate_app.oauth.branding import branding_of_client

        branding.register(branding_of_client)
        observers.register(note_opened)
