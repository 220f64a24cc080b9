"""Longer texts of the admin's pages of businesses."""

from django.utils.translation import gettext_lazy as _

API_SECRET = _(
    "As Apple's register shows it (base64). It is stored encrypted and never shown again; leave the field empty to "
    "keep it."
)
CLIENT_SECRET = _(
    "Of the client above, or of the one at the other provider. It is stored encrypted and never shown again; leave the "
    "field empty to keep it."
)
FLOWS = _(
    "The phone says which flows it knows; the new one is taken where it can be. In the legacy flow the phone itself "
    "gets the token, and the client's secret travels to it."
)
PROVIDER = _(
    "Who knows the customers. Apple's register of the business holds the authorization URL, the token URL and the "
    "client id as well, and must say the same."
)
BUBBLES = _("What the customer sees in the conversation: the request, and what takes its place once they have replied.")
TIMES = _(
    "In hours:minutes:seconds. A customer who closes the sign-in page sends nothing, so each request ends by itself."
)
IDENTITY = _(
    "A user is found by who issued the identity and by its subject, never by an e-mail address alone: whoever could "
    "register an address elsewhere would take over the account here."
)
WEBHOOK = _(
    "Where the business's own system hears of ended sign-ins and of everything else that customers write "
    "(Standard Webhooks)."
)
CALLBACK_ALONE = _("This business believes a sign-in that the customer's phone did not confirm.")
