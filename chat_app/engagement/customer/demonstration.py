"""What the back end of a business's site does, for the site of the demonstration: a chat token for who is signed in.

A real one asks ``chatAuthenticate`` over HTTP, as docs/chat-on-your-site.md shows. This one is in the same process,
so it takes the same service without the detour. It acts as the demonstration's service account.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.accounts.selectors import find_account
from authenticate_app.revisions.services import lock_topic
from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.facts import Facts
from chat_app.chat_authenticate.releases import Release
from chat_app.chat_authenticate.services import IssuedChat, issue_chat_token
from chat_app.routing import services as routing
from chat_app.routing.demonstration import INTERFACE_ID
from chat_app.routing.models import Interface, Queue, QueueResource
from chat_app.sessions.services import BasisChanged

CALLER: Final = "dcsadmin1"
ATTEMPTS: Final = 10
"""As many as ``chatAuthenticate`` makes while what it answers from keeps changing."""
LONGEST_QUESTION: Final = 1_000


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who is signed in at the site. ``matter``: what the page says about them."""

    user_name: str
    first_name: str
    last_name: str
    matter: Any
    custom_fields: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


CUSTOMERS: Final = {
    "john": Customer("john.smith@vision.com", "John", "Smith", _("a customer like any other")),
    "maria": Customer(
        "maria.lopez@vision.com", "Maria", "López", _("a gold customer, who does not wait long"), '{"tier": "gold"}'
    ),
    "kenji": Customer("kenji.sato@vision.com", "健二", "佐藤", _("a customer who writes Japanese")),
}
"""By their names in the address of the page."""


def chat_for(*, customer: Customer, question: str, client_address: str, now: datetime) -> dict[str, Any]:
    """Return the body that ``chatAuthenticate`` answers.

    Raises:
        AdfError: refused, as ``chatAuthenticate`` refuses.
        BasisChanged: routing, keys or the service account kept changing.
        LookupError: the demonstration's service account is gone.
    """
    release = Release.parse(settings.FUSION_RELEASE)
    asked = schemas.parse(_body(customer, question), release=release, refuse_unknown=True).request
    for _attempt in range(ATTEMPTS):
        with suppress(BasisChanged):
            issued = issue_chat_token(
                request=asked,
                caller=_caller(),
                facts=Facts.checked(),
                release=release,
                client_address=client_address,
                now=now,
            )
            return _answer(asked, issued, release)
    raise BasisChanged


def _body(customer: Customer, question: str) -> bytes:
    fields = {
        "authUserName": customer.user_name,
        "emailAddress": customer.user_name,
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "question": question.replace("\0", "")[:LONGEST_QUESTION],
        "interfaceId": "1",
        "resumeType": "RESUME",
        "customFields": customer.custom_fields,
    }
    return json.dumps(fields).encode()


def _caller() -> Caller:
    account = find_account(name_key(CALLER))
    if account is None or not account.is_active:
        raise LookupError(CALLER)
    return account.unproven_caller


def _answer(asked: Any, issued: IssuedChat, release: Release) -> dict[str, Any]:
    return schemas.response_body(
        asked,
        release=release,
        interface=issued.interface,
        queue_id=issued.session.queue_id,
        jwt=issued.jwt,
        href=schemas.item_url(settings.PUBLIC_BASE_URL, version="latest", auth_user_name=asked.auth_user_name),
    )


@transaction.atomic
def load(_passwords: Any) -> None:
    """Let the demonstration's agents serve its queues, and its site call the chat server; what is set stays.

    Accounts and routing are loaded before it. The passwords are for the accounts alone.
    """
    lock_topic(routing.TOPIC)
    for interface in Interface.objects.filter(pk=INTERFACE_ID):
        if settings.PUBLIC_BASE_URL not in interface.allowed_origins:
            interface.allowed_origins.append(settings.PUBLIC_BASE_URL)
            interface.save(update_fields=["allowed_origins"])
    if not QueueResource.objects.exists():
        for agent in User.objects.filter(groups__name=CHAT_AGENT, is_demonstration=True):
            for queue in Queue.objects.filter(interface_id=INTERFACE_ID):
                QueueResource.objects.create(queue=queue, agent=agent)
