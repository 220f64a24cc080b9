"""The package as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatAppConfig(AppConfig):
    """Let them into the right conversation."""

    name = "chat_app"
    verbose_name = _("Chat")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take the desk's tokens back when somebody signs out."""
        from chat_app.engagement.desk import signing_out  # noqa: F401 - importing connects it
