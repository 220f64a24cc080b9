"""``chatAuthenticate`` on the wire: the body of a request in, the body of an answer out (docs/attributes.md)."""

import difflib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chat_app.adf import body
from chat_app.adf.errors import AdfError, Fault, pointer
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import (
    ATTRIBUTE_BY_NAME,
    NOT_LISTENED_TO,
    ChatAuthenticateRequest,
    names,
)
from chat_app.chat_authenticate.releases import Release
from chat_app.routing.snapshot import InterfaceFacts

RESOURCE: Final = "chatAuthenticate"
MOST_UNKNOWN_LISTED: Final = 30
"""So many unknown names are listed and guessed at; the others are counted, so that no body is expensive to refuse."""
LONGEST_GUESSED_NAME: Final = 60
ALIKE: Final = 0.7
"""How much a name must be like another to be taken for it, from 0 to 1 (difflib)."""
REPORTED_WITH_THE_TEXT: Final = "string_unicode"
"""Lone surrogates, which ``adf.body`` has found already."""


class Parsed(NamedTuple):
    """A request, and the names in its body that are unknown and were not refused; see ``metric_label``."""

    request: ChatAuthenticateRequest
    ignored: tuple[str, ...]


def parse(raw_body: bytes, *, release: Release, refuse_unknown: bool) -> Parsed:
    """Read the body of a request, which has none but attributes of the release.

    Raises ``AdfError`` (400) with all faults of the body, each with its path.
    """
    document = body.parse_object(raw_body)
    values = {name: value for name, value in document.values.items() if value is not None and value != ""}
    known = names(release)
    unlisted = () if values.keys() <= known else tuple(name for name in values if name not in known)
    unknown = tuple(name for name in unlisted if name not in NOT_LISTENED_TO)
    for name in unlisted:
        del values[name]
    faults = document.faults
    if unknown and refuse_unknown:
        faults += tuple(_unknown_faults(unknown, release))
    return Parsed(_validated(values, faults), unknown)


def _validated(values: dict[str, Any], faults: tuple[Fault, ...]) -> ChatAuthenticateRequest:
    """Put the faults of the values after those that are known already."""
    try:
        request = ChatAuthenticateRequest.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        faults += tuple(_value_fault(detail) for detail in details if detail["type"] != REPORTED_WITH_THE_TEXT)
    if faults:
        raise AdfError(*faults)
    return request


def _value_fault(detail: ErrorDetails) -> Fault:
    name = str(detail["loc"][0])
    allowed = " / ".join(ATTRIBUTE_BY_NAME[name].values)
    params = {"name": name, "allowed": allowed, **detail.get("ctx", {})}
    return Fault(errors.OF_VALIDATION[detail["type"]], pointer(name), params)


def _unknown_faults(unknown: tuple[str, ...], release: Release) -> Iterator[Fault]:
    for name in unknown[:MOST_UNKNOWN_LISTED]:
        yield _unknown_fault(name, release)
    further = len(unknown) - MOST_UNKNOWN_LISTED
    if further > 0:
        yield Fault(errors.UNKNOWN_FURTHER, params={"count": further})


def _unknown_fault(name: str, release: Release) -> Fault:
    newer = ATTRIBUTE_BY_NAME.get(name)
    if newer is not None:
        params = {"name": name, "since": str(newer.since), "release": str(release)}
        return Fault(errors.NEWER, pointer(name), params)
    meant = _probably_meant(name, release)
    if meant is None:
        return Fault(errors.UNKNOWN, pointer(name), {"name": name})
    return Fault(errors.UNKNOWN_BUT_LIKE, pointer(name), {"name": name, "meant": meant})


def _probably_meant(name: str, release: Release) -> str | None:
    if len(name) > LONGEST_GUESSED_NAME:
        return None
    candidates = {known.lower(): known for known in names(release)}
    close = difflib.get_close_matches(name.lower(), sorted(candidates), n=1, cutoff=ALIKE)
    return candidates[close[0]] if close else None


def metric_label(ignored_name: str) -> str:
    """Return a label for an ignored attribute that clients cannot make up: its name if it is newer, else ``other``."""
    return ignored_name if ignored_name in ATTRIBUTE_BY_NAME else "other"


def item_url(public_base_url: str, *, version: str, auth_user_name: str) -> str:
    """Return the address of the item that a request makes; ``version`` as it was called.

    Everything but unreserved characters is percent-encoded, ``/`` too (RFC 3986, section 2.3).
    """
    return f"{collection_url(public_base_url, version=version)}/{quote(auth_user_name, safe='')}"


def collection_url(public_base_url: str, *, version: str) -> str:
    """Return the address of the resource; the context is always ``crmRestApi`` (docs/compatibility.md)."""
    return f"{public_base_url}/crmRestApi/resources/{version}/{RESOURCE}"


def response_body(
    request: ChatAuthenticateRequest,
    *,
    release: Release,
    interface: InterfaceFacts,
    queue_id: int | None,
    jwt: str,
    href: str,
) -> dict[str, Any]:
    """Return the body of the answer: what was asked for with what was assigned, the token, the way to the chat server.

    ``queue_id`` is None while the queue is not assigned yet, ``href`` is the ``item_url``.
    """
    content: dict[str, Any] = request.wire(release)
    content["interfaceId"] = str(interface.id)
    content["queueId"] = None if queue_id is None else str(queue_id)
    content["jwt"] = jwt
    content["domain"] = interface.domain
    if interface.port is not None:
        content["port"] = interface.port
    content["chatSiteName"] = interface.chat_site_name
    content["poolId"] = interface.pool_id
    content["links"] = [_link("self", href), _link("canonical", href)]
    return content


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "name": RESOURCE, "kind": "item"}
