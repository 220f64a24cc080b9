"""What the admin's pages of clients ask and tell."""

from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authenticate_app.audit.confirmation import Question
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.oauth.services import Revoked

DESCRIPTIONS: dict[Purpose, Any] = {
    Purpose.WEB: _(
        "A site or an app of yours where people sign in: authorization code with PKCE, refresh tokens, a secret if it "
        "has a server."
    ),
    Purpose.INTEGRATION: _(
        "A system without anybody at the screen. It signs in with its secret (client credentials) and calls the REST "
        "API as the user that you assign to it."
    ),
    Purpose.APPLE_NEW: _(
        "Customers sign in from Apple Messages, iOS 16 and later. Our server takes the code. No PKCE, since the phone "
        "builds the request."
    ),
    Purpose.APPLE_LEGACY: _(
        "The same for older devices. The phone itself takes the code, and so the secret travels to phones. Only for "
        "businesses that must reach such devices."
    ),
}
"""In the order in which purposes are offered."""

ACTS_AS_SOMEBODY_GREATER = _(
    "This client acts as a user who holds what you lack. So you can neither change it nor make a new secret for it. "
    "You can still test it, and revoke what it was given."
)
SECRET_RENEWED_MEANWHILE = _(
    "The secret was replaced after this question had been asked, and shown then. Nothing was changed now."
)

REVOKING = _(
    "Every code, access token and refresh token of this client becomes void: people have to sign in to it again. Its "
    "secret stays as it is. This cannot be undone."
)
REVOKING_SIGNED = _(
    "Every code, access token and refresh token of this client becomes void: people have to sign in to it again. But "
    "its access tokens are signed: whoever verifies them without asking this server takes them until they expire. Its "
    "secret stays as it is. This cannot be undone."
)


def new_secret_question(client: Client, *, back: str) -> Question:
    """Ask before a secret is replaced."""
    return Question(
        title=_("Make a new secret for “%s”?") % client,
        text=_(
            "The old secret is void at once: the client is refused until it has the new one. The next page shows it, "
            "once. Tokens that the client has stay valid; to end those as well, revoke all."
        ),
        button=_("Make a new secret"),
        back=back,
        is_dangerous=True,
        seal=seal_of_secret(client),
    )


def revocation_question(client: Client, *, back: str) -> Question:
    """Ask before everything is revoked."""
    return Question(
        title=_("Revoke all that “%s” was given?") % client,
        text=REVOKING_SIGNED if client.signed_access_tokens else REVOKING,
        button=_("Revoke all"),
        back=back,
        is_dangerous=True,
    )


def revoked(client: Client, what: Revoked) -> Any:
    """Tell what was revoked."""
    sentence = _(
        "Revoked of “%(client)s”: %(access_tokens)d access tokens, %(refresh_tokens)d refresh tokens, %(codes)d codes."
    )
    return sentence % {
        "client": client,
        "access_tokens": what.access_tokens,
        "refresh_tokens": what.refresh_tokens,
        "codes": what.codes,
    }


def counts(what: Revoked) -> dict[str, list[int]]:
    """The same for the audit log."""
    numbers = {"access tokens": what.access_tokens, "refresh tokens": what.refresh_tokens, "codes": what.codes}
    return {name: [number, 0] for name, number in numbers.items()}


def seal_of_secret(client: Client) -> str:
    """What shows that a question was asked about the secret that is stored now, without telling anything of it."""
    return salted_hmac("authenticate_app.oauth.secret", client.client_secret, algorithm="sha256").hexdigest()
