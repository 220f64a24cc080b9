"""A request for a chat, made of what the asker sent and of who the customer is."""

import json
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.models import User
from authenticate_app.messages.api import problems
from authenticate_app.messages.api.problems import Fault, Problem
from chat_app.adf import body
from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.releases import Release

WHO: Final = "authUserName"
ANY_INTERFACE: Final = "1"
"""A request has to name an interface, and the server assigns one itself."""


def chat_request(raw_body: bytes, *, customer: User, release: Release, refuse_unknown: bool) -> schemas.Parsed:
    """Read attributes of ``chatAuthenticate``, each of them optional, and say of the customer what is known.

    Raises:
        Problem: 400, where the body says who the customer is.
        AdfError: 400, as ``chatAuthenticate`` refuses.
    """
    sent = body.parse_object(raw_body or b"{}")
    if sent.faults:
        raise AdfError(*sent.faults)
    if WHO in sent.values:
        sentence = gettext("Leave it out: the chat is for the customer who signed in.")
        raise Problem(problems.INVALID_REQUEST, errors=(Fault(f"/{WHO}", sentence),))
    given = {name: value for name, value in sent.values.items() if value is not None and value != ""}
    whole = json.dumps({"interfaceId": ANY_INTERFACE, **_known_of(customer), **given})
    return schemas.parse(whole.encode(), release=release, refuse_unknown=refuse_unknown)


def speaking_as(customer: User, caller: Caller) -> Caller:
    """The caller in the customer's place: with the customer's names, and the rights and the token of the caller.

    So a client needs no right to speak for others, since it speaks for this customer alone, who signed in; and what it
    says about them is held against what is known, as when they ask themselves.
    """
    return replace(
        caller,
        username=customer.username,
        username_key=customer.username_key,
        email=customer.email,
        verified_email_key=customer.email_key if customer.email_verified else "",
        first_name=customer.first_name,
        last_name=customer.last_name,
        contact_party_id=customer.contact_party_id,
        organization_party_id=customer.organization_party_id,
    )


def _known_of(customer: User) -> dict[str, Any]:
    known = {
        WHO: customer.username,
        "contactId": customer.contact_party_id,
        "organizationId": customer.organization_party_id,
        "emailAddress": customer.email if customer.email_verified else "",
        "firstName": customer.first_name,
        "lastName": customer.last_name,
    }
    return {name: value for name, value in known.items() if value is not None and value != ""}
