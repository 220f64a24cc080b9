"""What can be made to go wrong at the page of the sandbox."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fault(models.TextChoices):
    """One thing that goes wrong with the next sign-in of a simulated phone; the empty one is: nothing."""

    NONE = "", _("Nothing: all goes well")
    SHEET_CLOSED = "sheet_closed", _("The customer closes the sign-in page")
    CONSENT_REFUSED = "consent_refused", _("The customer refuses the permission")
    REPLY_LOST = "reply_lost", _("The phone's reply is lost")
    REPLY_DOUBLED = "reply_doubled", _("The phone's reply comes twice")
    REPLY_EARLY = "reply_early", _("The phone's reply comes before the customer has signed in (new flow)")
    REPLY_LARGE = "reply_large", _("The phone's reply is too large for one message")
    REPLY_SLOW = "reply_slow", _("The phone's reply is slow")
    SUCCESS_FORGED = "success_forged", _("Some page claims that the sign-in succeeded")
    WRONG_KEY = "wrong_key", _("The phone encrypts the token for another key (legacy flow)")
    GATEWAY_FAILS = "gateway_fails", _("Apple's gateway fails twice")
    GATEWAY_SLOW = "gateway_slow", _("Apple's gateway is slow")
    GATEWAY_UNKNOWN = "gateway_unknown", _("Apple's gateway no longer knows the customer")


OF_GATEWAY = (Fault.GATEWAY_FAILS, Fault.GATEWAY_SLOW, Fault.GATEWAY_UNKNOWN)
