"""What Apple's gateway checks of a message before it takes it (docs/apple-messages.md)."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.messages.wire import read_object
from authenticate_app.sandbox.cryptor import POINT_BYTES
from authenticate_app.sandbox.sign_in_message import flow_of

BEARER = re.compile(r"Bearer ([A-Za-z0-9_.-]+)")
REPEATED_IN_BODY = {"id": "id", "source-id": "sourceId", "destination-id": "destinationId"}
MALFORMED, UNAUTHENTICATED, FORBIDDEN, UNKNOWN, FAILED = 400, 401, 403, 404, 500


class Refused(Exception):
    """The gateway does not take a message: the status of its answer, and a sentence for whoever looks at the sandbox.

    400 malformed, 401 a header is missing, 403 not authorized, 404 the customer is unknown.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)


def _base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None
    return text


def _point(text: str) -> str:
    if len(b64decode(_base64(text))) != POINT_BYTES:
        raise ValueError(f"is not a point of {POINT_BYTES} bytes")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("is no address with http or https")
    return text


Text = Annotated[str, Field(min_length=1)]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


Data = TypeVar("Data")


class _Strict(BaseModel):
    """Devices take a message with other keys for an unknown kind."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Oauth2(_Strict):
    responseType: Literal["code", "token"]  # noqa: N815 - Apple's names, here and below
    scope: Annotated[list[Text], Field(min_length=1)]


class _LegacyOauth2(_Oauth2):
    state: str
    clientSecret: Text  # noqa: N815
    responseEncryptionKey: Annotated[str, AfterValidator(_point)]  # noqa: N815


class _NewOauth2(_Oauth2):
    state: Text
    redirectURI: Annotated[str, AfterValidator(_web_address)]  # noqa: N815


class _Image(_Strict):
    identifier: Text
    data: Annotated[str, AfterValidator(_base64)]


class _Data(_Strict):
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    requestIdentifier: Uuid  # noqa: N815
    images: list[_Image]


class _LegacyAuthenticate(_Strict):
    oauth2: _LegacyOauth2


class _NewAuthenticate(_Strict):
    oauth2: _NewOauth2


class _LegacyData(_Data):
    authenticate: _LegacyAuthenticate


class _NewData(_Data):
    authenticate: _NewAuthenticate


class _Words(_Strict):
    title: Text
    subtitle: str = ""
    imageIdentifier: str = ""  # noqa: N815
    style: Literal["icon", "small", "large"] = "icon"


class _Interactive(_Strict, Generic[Data]):
    bid: Annotated[str, Field(pattern=r"^com\.apple\.messages\.MSMessageExtensionBalloonPlugin:")]
    sessionIdentifier: Uuid  # noqa: N815
    data: Data
    receivedMessage: _Words  # noqa: N815
    replyMessage: _Words  # noqa: N815


class _Envelope(BaseModel):
    model_config = ConfigDict(strict=True)

    v: Literal[1]
    id: Uuid
    sourceId: Text  # noqa: N815
    destinationId: Text  # noqa: N815


class _Interaction(_Envelope, Generic[Data]):
    type: Literal["interactive"]
    interactiveData: _Interactive[Data]  # noqa: N815


class _Text(_Envelope):
    type: Literal["text"]
    body: Text


KINDS: Mapping[str, type[_Envelope]] = {
    "text": _Text,
    "legacy": _Interaction[_LegacyData],
    "new": _Interaction[_NewData],
}


def read_body(raw_body: bytes, *, kind: Literal["text", "sign_in"]) -> dict[str, Any]:
    """Read a message of this kind; a sign-in is held against the shape of the flow that its version means.

    Raises ``Refused`` with 400.
    """
    try:
        body = read_object(raw_body)
        shape = KINDS["text" if kind == "text" else flow_of(body["interactiveData"]["data"]["version"])]
        shape.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(MALFORMED, f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(MALFORMED, "The body is no message: it should be JSON with a version in it.") from None
    return body


def check_headers(headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Hold the headers against what the body says. Raises ``Refused`` with 401 or 400."""
    for header, name in REPEATED_IN_BODY.items():
        if not headers.get(header):
            raise Refused(UNAUTHENTICATED, f"The header {header} is missing.")
        if headers[header] != body[name]:
            raise Refused(MALFORMED, f"The header {header} is not the {name} of the body.")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(MALFORMED, "The content type should be application/json.")


def caller_of(headers: Mapping[str, str], *, now: datetime) -> Business:
    """The business of the sandbox that a request comes from: of its account is the token.

    Raises ``Refused`` with 401 or 403.
    """
    match = BEARER.fullmatch(headers.get("authorization", ""))
    if match is None:
        raise Refused(UNAUTHENTICATED, "The header Authorization is missing.")
    sandbox = Business.objects.select_related("account").filter(is_sandbox=True)
    business = sandbox.filter(business_id=headers.get("source-id", "")).first()
    if business is None:
        raise Refused(FORBIDDEN, "The sandbox has no business of this source-id.")
    _check_token(match[1], business.account, now=now)
    return business


def _check_token(unverified_token: str, account: MspAccount, *, now: datetime) -> None:
    """A token of ours has an issuer and no audience; its time is bounded both ways."""
    try:
        claims = jwt.decode(
            unverified_token,
            b64decode(decrypt(bytes(account.encrypted_api_secret))),
            algorithms=["HS256"],
            issuer=account.msp_id,
            options={"require": ["iss", "iat"], "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise Refused(FORBIDDEN, f"The token is not right: {error}.") from None
    issued_at = claims["iat"]
    if not isinstance(issued_at, int) or abs(now.timestamp() - issued_at) > settings.GATEWAY_TOKEN_AGE.total_seconds():
        raise Refused(FORBIDDEN, "The token is too old, or of the future.")
