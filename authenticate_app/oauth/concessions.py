"""Where a client is allowed less than the security best current practice (RFC 9700) asks for, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


@dataclass(frozen=True, slots=True)
class Concession:
    """One exception: its short name, and what it means and why it is made."""

    name: "StrOrPromise"
    explanation: "StrOrPromise"


NO_PKCE = Concession(
    _("no PKCE"),
    _(
        "The phone builds the authorization request of Apple Messages, and knows no PKCE. A code that somebody "
        "intercepts is worth nothing without the secret, and can be used once within a minute."
    ),
)
SECRET_ON_PHONES = Concession(
    _("secret reaches phones"),
    _(
        "The legacy flow sends the secret to customers' phones, so it keeps nobody out. Therefore this client can only "
        "exchange a code, at the redirect URI that phones intercept and at this server's own callback: no refresh "
        "tokens, no client credentials."
    ),
)
NO_SECRET = Concession(
    _("no secret"),
    _("It runs where no secret can be kept, in browsers or on phones. PKCE alone binds a code to who asked for it."),
)


def concessions_of(client: Client) -> Iterator[Concession]:
    """Say what ``client`` is allowed that others are not."""
    if not client.pkce_required:
        yield NO_PKCE
    if client.purpose == Purpose.APPLE_LEGACY:
        yield SECRET_ON_PHONES
    if not client.is_confidential:
        yield NO_SECRET
    if client.signed_access_tokens:
        yield Concession(_("signed access tokens"), _signed(client))


def _signed(client: Client) -> "StrOrPromise":
    sentence = _(
        "Others verify its access tokens without asking this server, and do not learn that one was revoked before it "
        "expires. The reason given: %(reason)s"
    )
    return sentence % {"reason": client.signed_because}
