"""The business that customers write to, and the account at Apple through which it is reached."""

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authenticate_app.oauth.models import Client

APPLE_GATEWAY = "https://mspgw.push.apple.com/v1"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class MspAccount(models.Model):
    """An account of a messaging service provider at Apple. Its secret signs both ways (docs/apple-messages.md)."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    msp_id = models.CharField(
        _("MSP id"), max_length=100, unique=True, help_text=_("From the account's page in Apple's register.")
    )
    encrypted_api_secret = models.BinaryField(_("API secret"), editable=False)
    """The secret as Apple gives it out (base64), encrypted."""

    objects: ClassVar[models.Manager["MspAccount"]] = models.Manager()

    class Meta:
        verbose_name = _("MSP account")
        verbose_name_plural = _("MSP accounts")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Business(models.Model):
    """A business that customers write to, and how they sign in there."""

    class Provider(models.TextChoices):
        OWN = "own", _("this server")
        OTHER = "other", _("another OAuth 2.0 server")

    class ImageStyle(models.TextChoices):
        ICON = "icon", _("icon")
        SMALL = "small", _("small")
        LARGE = "large", _("large")

    account = models.ForeignKey(
        MspAccount, on_delete=models.PROTECT, related_name="businesses", verbose_name=_("MSP account")
    )
    name = models.CharField(_("name"), max_length=100)
    business_id = models.CharField(
        _("business id"), max_length=100, unique=True, help_text=_("Apple's id of the business.")
    )
    gateway_url = models.CharField(_("gateway"), max_length=500, default=APPLE_GATEWAY)
    is_active = models.BooleanField(_("active"), default=True)
    is_sandbox = models.BooleanField(_("sandbox"), default=False, editable=False)
    """Served by the simulated gateway: only while the setting ``SANDBOX`` is on."""

    allows_new_flow = models.BooleanField(_("new flow"), default=True)
    allows_legacy_flow = models.BooleanField(_("legacy flow"), default=False)
    new_flow_version = models.CharField(_("version of the new flow's message"), max_length=10, default="2.0")

    provider = models.CharField(_("identity provider"), max_length=5, choices=Provider.choices, default=Provider.OWN)
    client = models.ForeignKey(
        Client,
        verbose_name=_("client"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="businesses",
        help_text=_("Of this server: as whom customers of the business are asked to sign in."),
    )
    provider_issuer = models.CharField(_("issuer"), max_length=500, blank=True)
    authorization_url = models.CharField(_("authorization URL"), max_length=500, blank=True)
    token_url = models.CharField(_("token URL"), max_length=500, blank=True)
    userinfo_url = models.CharField(_("userinfo URL"), max_length=500, blank=True)
    introspection_url = models.CharField(_("introspection URL"), max_length=500, blank=True)
    provider_client_id = models.CharField(_("client id"), max_length=255, blank=True)
    encrypted_client_secret = models.BinaryField(_("client secret"), blank=True, default=b"", editable=False)
    """At whichever provider: the legacy message carries it, and our callback needs it."""
    additional_parameters = models.CharField(
        _("additional parameters"),
        max_length=500,
        blank=True,
        help_text=_("As registered with Apple for the new flow, for reference and for the simulator."),
    )
    scopes = models.CharField(_("scopes"), max_length=300, default="openid profile email")

    request_title = models.CharField(_("title of the bubble"), max_length=100)
    request_subtitle = models.CharField(_("subtitle of the bubble"), max_length=200, blank=True)
    reply_title = models.CharField(_("title of the reply's bubble"), max_length=100)
    image = models.BinaryField(_("picture"), blank=True, default=b"", editable=False)
    image_style = models.CharField(
        _("size of the picture"), max_length=5, choices=ImageStyle.choices, default=ImageStyle.ICON
    )

    sign_in_lifetime = models.DurationField(
        _("time to sign in"),
        default=3 * MINUTE,
        validators=[MinValueValidator(SECOND), MaxValueValidator(15 * MINUTE)],
    )
    reply_grace = models.DurationField(
        _("patience with the callback"),
        default=10 * SECOND,
        validators=[MinValueValidator(timedelta(0)), MaxValueValidator(5 * MINUTE)],
        help_text=_("How long a reply of the phone waits for the sign-in that it speaks of."),
    )
    validity = models.DurationField(
        _("validity of a sign-in"),
        default=60 * MINUTE,
        validators=[MinValueValidator(MINUTE), MaxValueValidator(timedelta(days=1))],
    )
    trusts_callback_alone = models.BooleanField(
        _("trust a sign-in that the phone did not confirm"),
        default=False,
        help_text=_("Unsafe: a sign-in link that was forwarded to somebody else looks exactly so."),
    )

    creates_users = models.BooleanField(
        _("make users of new customers"), default=False, help_text=_("They have no password.")
    )
    trusted_email_domains = models.CharField(
        _("trusted e-mail domains"),
        max_length=500,
        blank=True,
        help_text=_("A verified address of these domains links a new sign-in with the user who has it. Usually empty."),
    )

    webhook_url = models.CharField(_("webhook address"), max_length=500, blank=True)
    encrypted_webhook_secret = models.BinaryField(_("webhook secret"), blank=True, default=b"", editable=False)
    """``whsec_…`` of Standard Webhooks, encrypted."""
    api_clients = models.ManyToManyField(
        Client,
        verbose_name=_("clients of the REST API"),
        blank=True,
        related_name="reachable_businesses",
        help_text=_("The integrations that reach this business; for all others it does not exist."),
    )

    objects: ClassVar[models.Manager["Business"]] = models.Manager()

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="business_allows_a_flow", condition=Q(allows_new_flow=True) | Q(allows_legacy_flow=True)
            ),
            models.CheckConstraint(
                name="business_own_provider_has_client", condition=~Q(provider="own") | Q(client__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name
