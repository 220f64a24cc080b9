"""Tables of profile options and their values."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat_app.routing import profile_values


class ProfileOption(models.Model):
    """A setting of Fusion's kind: one default, and values by level (docs/administration.md, "Profile options")."""

    class ValueType(models.TextChoices):
        YES_NO = profile_values.YES_NO, _("Yes or No")
        NUMBER = profile_values.NUMBER, _("whole number")
        TEXT = profile_values.TEXT, _("text")

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

    def clean(self) -> None:
        """Refuse dates in the wrong order, allowed values that make no sense, and a default that they exclude."""
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValidationError({"end_date": _("The last day comes before the first one.")})
        self._clean_allowed_values()
        try:
            self.default_value = self.clean_value(self.default_value)
        except ValidationError as error:
            raise ValidationError({"default_value": error.error_list}) from error

    def clean_value(self, value: str) -> str:
        """Return ``value`` in its proper form; raises ``ValidationError`` if the option does not take it."""
        return profile_values.clean_value(value_type=self.value_type, allowed_values=self.allowed_values, value=value)

    def _clean_allowed_values(self) -> None:
        try:
            profile_values.check_allowed_values(value_type=self.value_type, allowed_values=self.allowed_values)
        except ValidationError as error:
            raise ValidationError({"allowed_values": error.error_list}) from error


class ProfileOptionValue(models.Model):
    """The value of an option at one level. The closest wins: user, product, site, then the default."""

    class Level(models.TextChoices):
        SITE = "site", _("Site")
        PRODUCT = "product", _("Product")
        USER = "user", _("User")

    option = models.ForeignKey(ProfileOption, on_delete=models.CASCADE, related_name="values")
    level = models.CharField(_("level"), max_length=10, choices=Level.choices)
    product = models.CharField(
        _("product"), max_length=30, blank=True, help_text=_("The stripe code, such as CRM or HRHD.")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
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
                violation_error_message=_(
                    "Name a product at the level Product, a user at the level User, neither at Site."
                ),
            ),
            models.UniqueConstraint(
                fields=["option", "level", "product"],
                condition=Q(user__isnull=True),
                name="profile_value_once",
                violation_error_message=_("There is a value for this level and product already."),
            ),
            models.UniqueConstraint(
                fields=["option", "user"],
                condition=Q(user__isnull=False),
                name="profile_value_of_user_once",
                violation_error_message=_("There is a value for this user already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.product or self.user or ''}".strip() + f": {self.value}"

    def clean(self) -> None:
        """Refuse a level that the option does not have, and a value that it does not take."""
        option = ProfileOption.objects.filter(pk=self.option_id).first()
        if option is None:
            return
        if option.site_only and self.level != self.Level.SITE:
            raise ValidationError({"level": _("This option has one value for the whole site; choose the level Site.")})
        try:
            self.value = option.clean_value(self.value)
        except ValidationError as error:
            raise ValidationError({"value": error.error_list}) from error
