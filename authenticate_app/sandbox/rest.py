"""The REST API, called by the business's own system as the simulator plays it: with a token of its client."""

from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.conf import settings

from authenticate_app.keys.encryption import decrypt
from authenticate_app.sandbox.exchanges import Party, Sent
from authenticate_app.sandbox.line import JSON, Line
from authenticate_app.sandbox.models import SandboxAsker
from authenticate_app.sandbox.phone import FORM
from authenticate_app.sandbox.replies import as_json

if TYPE_CHECKING:
    from authenticate_app.sandbox.masking import Headers

BASE: Final = "/api/messages/v1"
SCOPE: Final = "messages chat.authenticate"


class CallRefused(Exception):
    """The server did not do what it was asked for; the sentence says at which step."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int
    values: dict[str, Any]


class System:
    """The business's own system, with an access token of its own."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._token = access_token(line)

    def post(self, path: str, values: dict[str, Any], *, headers: "Headers" = (), may_be: int = 0) -> Answer:
        """Post JSON below the API's address. Raises ``CallRefused``, but not for the status ``may_be``."""
        sent = [("authorization", f"Bearer {self._token}"), ("content-type", JSON), *headers]
        request = Sent(Party.ASKER, Party.SERVER, "POST", _url(f"{BASE}{path}"), sent, as_json(values), JSON)
        return _answer(self._line, request, may_be)


def get(line: Line, path: str) -> dict[str, Any]:
    """Get JSON that everybody may have. Raises ``CallRefused``."""
    return _answer(line, Sent(Party.ASKER, Party.SERVER, "GET", _url(path))).values


def access_token(line: Line) -> str:
    """An access token by client credentials (RFC 6749, section 4.4). Raises ``CallRefused``."""
    asker = SandboxAsker.objects.select_related("client").filter(business=line.phone.business).first()
    if asker is None:
        raise CallRefused("The business has no system that asks.")
    pair = f"{asker.client.client_id}:{decrypt(bytes(asker.encrypted_client_secret)).decode()}"
    headers = [("authorization", f"Basic {b64encode(pair.encode()).decode()}"), ("content-type", FORM)]
    body = urlencode({"grant_type": "client_credentials", "scope": SCOPE}).encode()
    answer = _answer(line, Sent(Party.ASKER, Party.SERVER, "POST", _url("/oauth/token"), headers, body, FORM))
    return str(answer.values.get("access_token", ""))


def _url(path: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{path}"


def _answer(line: Line, sent: Sent, may_be: int = 0) -> Answer:
    response = line.send(sent)
    if response is None:
        raise CallRefused(f"Nobody answers at {sent.url}.")
    if response.status_code >= HTTPStatus.BAD_REQUEST and response.status_code != may_be:
        raise CallRefused(f"{sent.method} {sent.url} was answered with {response.status_code}.")
    values = response.json()
    return Answer(response.status_code, values if isinstance(values, dict) else {})
