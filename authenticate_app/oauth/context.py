"""What a request brings along besides its parameters."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.keys.tokens import SigningMaterial
from authenticate_app.oauth.models import Client

HEADER = "chatauth-context"
"""Under this name oauthlib's request carries the context, among the headers; no HTTP header is passed to it."""


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """Who is signed in at this browser, since when, and how (methods of RFC 8176, separated by spaces)."""

    user: User
    auth_time: datetime
    amr: str


@dataclass(slots=True)
class Found:
    """What a token request turns out to be while it is gone through: whose, and why it is refused (``refusals``)."""

    user: User | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a request comes from, when, and who is known to have sent it."""

    origin: Origin
    now: datetime
    client: Client | None = None
    person: SignedInPerson | None = None
    signing_key: SigningMaterial | None = None
    browser: str = ""
    """What recognizes the browser on its way to the sign-in page and back; empty for one that was not sent there."""
    found: Found = field(default_factory=Found)

    @property
    def headers(self) -> dict[str, Any]:
        """The context in the form in which oauthlib passes it on."""
        return {HEADER: self}

    def proven_client(self) -> Client:
        """The client of a request that only comes here after the client has proven itself."""
        if self.client is None:
            raise LookupError("The client has not been authenticated.")
        return self.client


def context_of(oauthlib_request: Any) -> Context:
    """Return the context that was passed to oauthlib."""
    context: Context = oauthlib_request.headers[HEADER]
    return context
