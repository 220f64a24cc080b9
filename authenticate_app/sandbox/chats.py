"""The step into a chat, as the business's own system takes it over HTTP; the token is verified as everybody can."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import jwt
from django.conf import settings

from authenticate_app.keys.encryption import decrypt
from authenticate_app.sandbox.exchanges import Party, Sent
from authenticate_app.sandbox.line import JSON, Line
from authenticate_app.sandbox.models import SandboxAsker
from authenticate_app.sandbox.phone import FORM
from authenticate_app.sandbox.replies import as_json

SCOPE: Final = "messages chat.authenticate"
INTERFACE: Final = "1"
"""The interface that a demonstration has."""
ALGORITHM: Final = "RS256"


class ChatRefused(Exception):
    """The server did not let the customer into a chat; the sentence says at which step."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat token that verifies against the published key set."""

    kid: str
    claims: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """What is kept of it: not the token."""
        return {"kid": self.kid, "claims": self.claims}


def step_into_chat(line: Line, *, request_identifier: str) -> Chat:
    """Get a chat token for whoever signed in, and verify it. Raises ``ChatRefused``."""
    access_token = _access_token(line)
    path = f"/api/messages/v1/sign-in-requests/{request_identifier.lower()}/chat"
    headers = [("authorization", f"Bearer {access_token}"), ("content-type", JSON)]
    answer = _ask(line, "POST", path, headers=headers, body=as_json({"interfaceId": INTERFACE}), content_type=JSON)
    unverified_token = answer.get("jwt")
    if not isinstance(unverified_token, str):
        raise ChatRefused("The answer has no chat token.")
    return _verified(unverified_token, _ask(line, "GET", "/.well-known/jwks.json"))


def _access_token(line: Line) -> str:
    asker = SandboxAsker.objects.select_related("client").filter(business=line.phone.business).first()
    if asker is None:
        raise ChatRefused("The business has no system that asks.")
    pair = f"{asker.client.client_id}:{decrypt(bytes(asker.encrypted_client_secret)).decode()}"
    headers = [("authorization", f"Basic {b64encode(pair.encode()).decode()}"), ("content-type", FORM)]
    body = urlencode({"grant_type": "client_credentials", "scope": SCOPE}).encode()
    answer = _ask(line, "POST", "/oauth/token", headers=headers, body=body, content_type=FORM)
    return str(answer.get("access_token", ""))


def _ask(
    line: Line,
    method: str,
    path: str,
    *,
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    content_type: str = "",
) -> dict[str, Any]:
    url = settings.PUBLIC_BASE_URL + path
    response = line.send(Sent(Party.ASKER, Party.SERVER, method, url, headers or [], body, content_type))
    if response is None:
        raise ChatRefused(f"Nobody answers at {url}.")
    if not response.is_success:
        raise ChatRefused(f"{method} {path} was answered with {response.status_code}.")
    answer = response.json()
    return answer if isinstance(answer, dict) else {}


def _verified(unverified_token: str, key_set: dict[str, Any]) -> Chat:
    try:
        kid = jwt.get_unverified_header(unverified_token)["kid"]
        key = jwt.PyJWKSet.from_dict(key_set)[kid]
        claims = jwt.decode(unverified_token, key, algorithms=[ALGORITHM], options={"verify_aud": False})
    except (jwt.PyJWTError, KeyError) as error:
        raise ChatRefused(f"The chat token does not verify against the key set: {error}.") from None
    return Chat(kid, claims)
