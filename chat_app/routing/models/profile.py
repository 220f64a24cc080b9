from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ProfileOption(models.Model):
    """A setting of Fusion's kind: one default, and values by level (docs/administration.md, "Profile options")."""

    class ValueType(models.TextChoices):
        YES_NO = "yes-no", _("Yes or No")
        NUMBER = "number", _("whole number")
        TEXT = "text", _("text")

    code = models.CharField(_("code"), max_length=80, primary_key=True)
    display_name = models.CharField(_("display name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    application = models.CharField(_("application"), max_length=80, default="Service")
    value_type = models.CharField(_("type of value"), max_length=10, choices=ValueType.choices, default=ValueType.TEXT)
    allowed_values = models.CharField(
        _("allowed values"),
        max_length=200,
        blank=True,
        help_text=_("Separated by commas; a range of numbers as 120-1800, open upwards as 2-. Empty: any."),
    )
    default_value = models.CharField(_("default"), max_length=200, blank=True)
    site_only = models.BooleanField(_("site level only"), default=False)
    start_date = models.DateField(_("effective from"), null=True, blank=True)
    end_date = models.DateField(_("effective to"), null=True, blank=True, help_text=_("The last day."))

    class Meta:
        verbose_name = _("profile option")
        verbose_name_plural = _("profile options")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code


class ProfileOptionValue(models.Model):
    """The value of an option at one level. The closest wins: user, product, site, then the default."""

    class Level(models.TextChoices):
        SITE = "site", _("Site")
        PRODUCT = "product", _("Product")
        USER = "user", _("User")

    option = models.ForeignKey(ProfileOption, on_delete=models.CASCADE, related_name="values")
    level = models.CharField(_("level"), max_length=10, choices=Level.choices)
    product = models.CharField(_("product"), max_length=30, blank=True, help_text=_("The stripe code, such as CRM or HRHD."))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("user"), null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    value = models.CharField(_("value"), max_length=200)

    class Meta:
        verbose_name = _("value")
        verbose_name_plural = _("values")
        ordering: ClassVar = ["level", "product", "user"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(level="site", product="", user__isnull=True)
                    | (Q(level="product", user__isnull=True) & ~Q(product=""))
                    | Q(level="user", product="", user__isnull=False)
                ),
                name="profile_value_fits_level",
                violation_error_message=_("Name a product at the level Product, a user at the level User, neither at Site."),
            ),
            models.UniqueConstraint(
                fields=["option", "level", "product", "user"], nulls_distinct=False, name="profile_value_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.product or self.user or ''}".strip() + f": {self.value}"
