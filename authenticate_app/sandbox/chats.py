"""The step into a chat, as the business's own system takes it over HTTP; the token is verified as everybody can."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from authenticate_app.sandbox import rest
from authenticate_app.sandbox.line import Line
from authenticate_app.sandbox.rest import CallRefused

INTERFACE: Final = "1"
"""The interface that a demonstration has."""
ALGORITHM: Final = "RS256"
KEY_SET: Final = "/.well-known/jwks.json"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat token that verifies against the published key set."""

    kid: str
    claims: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """What is kept of it: not the token."""
        return {"kid": self.kid, "claims": self.claims}


def step_into_chat(line: Line, *, request_identifier: str) -> Chat:
    """Get a chat token for whoever signed in, and verify it. Raises ``rest.CallRefused``."""
    path = f"/sign-in-requests/{request_identifier.lower()}/chat"
    unverified_token = rest.System(line).post(path, {"interfaceId": INTERFACE}).values.get("jwt")
    if not isinstance(unverified_token, str):
        raise CallRefused("The answer has no chat token.")
    return _verified(unverified_token, rest.get(line, KEY_SET))


def _verified(unverified_token: str, key_set: dict[str, Any]) -> Chat:
    try:
        kid = jwt.get_unverified_header(unverified_token)["kid"]
        key = jwt.PyJWKSet.from_dict(key_set)[kid]
        claims = jwt.decode(unverified_token, key, algorithms=[ALGORITHM], options={"verify_aud": False})
    except (jwt.PyJWTError, KeyError) as error:
        raise CallRefused(f"The chat token does not verify against the key set: {error}.") from None
    return Chat(kid, claims)
