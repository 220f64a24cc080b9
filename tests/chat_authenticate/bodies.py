"""Bodies of requests, and what their refusals say."""

import json
from typing import Any

import pytest

from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest
from chat_app.chat_authenticate.releases import NEWEST, Release

REQUIRED = {"authUserName": "John Smith", "interfaceId": "1"}


def parse(
    values: dict[str, Any] | None = None, *, release: Release = NEWEST, refuse_unknown: bool = True
) -> ChatAuthenticateRequest:
    """Parse a body with these attributes beside the required ones."""
    return parse_raw(json.dumps({**REQUIRED, **(values or {})}), release=release, refuse_unknown=refuse_unknown)


def parse_raw(text: str, *, release: Release = NEWEST, refuse_unknown: bool = True) -> ChatAuthenticateRequest:
    return schemas.parse(text.encode(), release=release, refuse_unknown=refuse_unknown).request


def ignored(values: dict[str, Any], *, release: Release = NEWEST, refuse_unknown: bool = True) -> tuple[str, ...]:
    """Return the unknown names of a body that are not refused."""
    raw_body = json.dumps({**REQUIRED, **values}).encode()
    return schemas.parse(raw_body, release=release, refuse_unknown=refuse_unknown).ignored


def refusal(text: str | dict[str, Any], *, release: Release = NEWEST) -> list[tuple[str, str, str]]:
    """Return code, path and message of every fault."""
    raw = json.dumps({**REQUIRED, **text}) if isinstance(text, dict) else text
    with pytest.raises(AdfError) as caught:
        parse_raw(raw, release=release)
    assert caught.value.status == 400
    return [(fault.error.code, fault.path, fault.detail()) for fault in caught.value.faults]
