from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuthenticateAppConfig(AppConfig):
    name = "authenticate_app"
    verbose_name = _("Authentication")
    default_auto_field = "django.db.models.BigAutoField"
