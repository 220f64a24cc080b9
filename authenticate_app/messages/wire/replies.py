"""The reply of a phone that was asked to sign in. Phones differ, so this is read with tolerance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from authenticate_app.messages.wire.strict_json import MalformedMessage

GREATEST_CODE: Final = 2**31
"""Codes of errors are small; whatever is not below this, on either side of zero, is none."""
LONGEST_DOMAIN: Final = 200


class ReplyStatus(StrEnum):
    """How it went, as the phone says."""

    AUTHENTICATED = "authenticated"
    """Legacy flow; with a token."""
    FAILED = "failed"
    """Legacy flow; with an error."""
    SUCCESS = "success"
    """New flow: the sheet came to our callback, or to a page that looks like it. It says nothing of who signed in."""
    FAILURE = "failure"
    """New flow; with the number that our callback gave."""
    CANCEL = "cancel"
    UNKNOWN = "unknown"
    """None of these."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a phone says of a request to sign in. Nothing of it is proven."""

    request_identifier: UUID
    status: ReplyStatus
    unverified_token: str = field(default="", repr=False)
    """Encrypted (``token_decryption``); empty without one."""
    error_domain: str = ""
    error_code: int | None = None
    """Legacy flow: within its domain (docs/apple-messages.md). New flow: ours."""


def _status(value: object) -> ReplyStatus:
    """In any letter case."""
    try:
        return ReplyStatus(str(value).lower())
    except ValueError:
        return ReplyStatus.UNKNOWN


def _code(value: object) -> int | None:
    """A number, also as text: what stood in an address was text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        code = int(value)
    except ValueError:
        return None
    return code if -GREATEST_CODE < code < GREATEST_CODE else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> list[object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


Code = Annotated[int | None, BeforeValidator(_code)]
Text = Annotated[str, BeforeValidator(_text)]


class AuthenticateResponseErrorCodes(BaseModel):
    """Why a phone of the legacy flow failed."""

    model_config = ConfigDict(frozen=True)

    code: Code = None
    domain: Text = ""
    message: Text = ""


class AuthenticateResponse(BaseModel):
    """The reply's own part: of the legacy flow with ``token`` or ``errors``, of the new one with ``error_code``."""

    model_config = ConfigDict(frozen=True)

    status: Annotated[ReplyStatus, BeforeValidator(_status)] = ReplyStatus.UNKNOWN
    token: Text = Field("", repr=False)
    errors: Annotated[list[AuthenticateResponseErrorCodes], BeforeValidator(_objects)] = []
    error_code: Code = None


class ResponseData(BaseModel):
    """What the phone's extension sends back: the number of the request, and the reply."""

    request_identifier: UUID = Field(alias="requestIdentifier")
    authenticate: AuthenticateResponse


def parse_reply(dictionary: Mapping[str, Any]) -> Reply:
    """Read a reply out of a message, or out of what a large reply stands for.

    ``requestIdentifier`` and ``authenticate`` stand in ``interactiveData.data``, in ``data``, or at the root. Unknown
    fields, the version, the case of the status and types of other fields do not matter. Raises ``MalformedMessage``
    where there is no reply to a request to sign in.
    """
    data = _data(dictionary)
    if data is None:
        raise MalformedMessage("This is no reply to a request to sign in: “authenticate” is missing.")
    try:
        parsed = ResponseData.model_validate(data)
    except ValidationError:
        raise MalformedMessage("The reply does not name the request: “requestIdentifier” is no UUID.") from None
    return _reply(parsed.request_identifier, parsed.authenticate)


def _data(dictionary: Mapping[str, Any]) -> Mapping[str, Any] | None:
    interactive = dictionary.get("interactiveData")
    for root in (interactive, dictionary):
        if isinstance(root, Mapping):
            for candidate in (root.get("data"), root):
                if isinstance(candidate, Mapping) and isinstance(candidate.get("authenticate"), Mapping):
                    return candidate
    return None


def _reply(request_identifier: UUID, response: AuthenticateResponse) -> Reply:
    error = response.errors[0] if response.errors else AuthenticateResponseErrorCodes()
    return Reply(
        request_identifier=request_identifier,
        status=response.status,
        unverified_token=response.token,
        error_domain=error.domain[:LONGEST_DOMAIN],
        error_code=error.code if response.errors else response.error_code,
    )
