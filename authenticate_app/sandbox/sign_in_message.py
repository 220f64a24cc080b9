"""What a phone reads from the message that asks its customer to sign in (docs/apple-messages.md)."""

from dataclasses import dataclass
from typing import Any, Literal

NEWEST_LEGACY_VERSION = 1
"""The integer part of ``data.version`` decides: up to here it is the legacy flow."""

Flow = Literal["new", "legacy"]


@dataclass(frozen=True, slots=True)
class Registration:
    """What Apple's register knows of a business; the gateway adds it to what the phone gets."""

    authorization_url: str
    token_url: str
    client_id: str
    additional_parameters: str = ""
    """Of the new flow: a query string, as it was registered."""


@dataclass(frozen=True, slots=True)
class SignInMessage:
    """A request to sign in, as it stands in the message; what the other flow has is empty."""

    request_identifier: str
    version: str
    response_type: str
    scope: str
    """Separated by blanks."""
    state: str
    client_secret: str
    response_encryption_key: str
    redirect_uri: str
    interactive_data: dict[str, Any]
    """The whole, of which the reply echoes some."""

    @property
    def flow(self) -> Flow:
        """Which of the two flows a phone chooses."""
        return flow_of(self.version)


def flow_of(version: str) -> Flow:
    """Which flow a version means. Raises ``ValueError`` where it does not begin with an integer."""
    return "legacy" if int(version.partition(".")[0]) <= NEWEST_LEGACY_VERSION else "new"


def read_sign_in_message(body: dict[str, Any]) -> SignInMessage:
    """Read a message that the gateway has found to be good."""
    interactive = body["interactiveData"]
    data = interactive["data"]
    oauth2 = data["authenticate"]["oauth2"]
    return SignInMessage(
        request_identifier=data["requestIdentifier"],
        version=data["version"],
        response_type=oauth2["responseType"],
        scope=" ".join(oauth2["scope"]),
        state=oauth2["state"],
        client_secret=oauth2.get("clientSecret", ""),
        response_encryption_key=oauth2.get("responseEncryptionKey", ""),
        redirect_uri=oauth2.get("redirectURI", ""),
        interactive_data=interactive,
    )
