"""A small installation to ask for tokens, through every middleware, with what a test does not care about filled in.

Fixtures stand here rather than in a ``conftest.py``, because several folders of tests share them.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.memory import forget_everything
from authenticate_app.accounts.models import User
from authenticate_app.keys import certificates
from authenticate_app.keys.encryption import encrypt
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from chat_app.chat_authenticate.errors import ALL
from chat_app.routing import services
from chat_app.routing.models import Interface, ProfileOptionValue, Queue
from chat_app.routing.snapshot import routing

PASSWORD = "correct horse"
CALLER = "dcsadmin1"
CUSTOMER = "john.smith"
CUSTOMERS_EMAIL = "John.Smith@Vision.com"
CONTACT_ID, ORGANIZATION_ID = 300100051234567, 300100057654321

ADDRESS = "/crmRestApi/resources/latest/chatAuthenticate"
ITEM = "application/vnd.oracle.adf.resourceitem+json"
JSON = "application/json"

INTERFACE, OTHER_INTERFACE = 1, 5
BUSINESS_UNIT = "300100011111111"
DEFAULT_QUEUE, QUEUE, MANUAL_QUEUE, DISABLED_QUEUE = 1, 2, 3, 4
OTHER_DEFAULT_QUEUE, OTHER_QUEUE = 50, 51
STATUS_OF_CODE = {error.code: error.status for error in ALL}


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    """What a process remembers outlives the transaction of a test, its revisions do not."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    keyring.forget()
    routing.forget()
    forget_everything()


@pytest.fixture
def world(db: None, nothing_remembered: None) -> None:
    """Two interfaces with queues, a signing key, a service account and a customer."""
    store_routing()
    store_signing_key()
    store_user(CALLER, SELF_SERVICE_USER, ON_BEHALF_ROLE)
    store_user(
        CUSTOMER,
        SELF_SERVICE_USER,
        email=CUSTOMERS_EMAIL,
        email_verified=True,
        first_name="John",
        last_name="Smith",
        contact_party_id=CONTACT_ID,
        organization_party_id=ORGANIZATION_ID,
    )


def store_routing() -> None:
    front = _interface(INTERFACE, DEFAULT_QUEUE, chat_site_name="site-1", pool_id="353:2")
    Queue.objects.create(id=QUEUE, interface=front, name="Second")
    Queue.objects.create(id=MANUAL_QUEUE, interface=front, name="Manual", distribution=Queue.Distribution.MANUAL)
    Queue.objects.create(id=DISABLED_QUEUE, interface=front, name="Disabled", enabled=False)
    side = _interface(
        OTHER_INTERFACE,
        OTHER_DEFAULT_QUEUE,
        chat_site_name="site-5",
        pool_id="7:1",
        domain="side.example.com",
        port=8443,
        business_unit_org_id=BUSINESS_UNIT,
    )
    Queue.objects.create(id=OTHER_QUEUE, interface=side, name="Second")


def _interface(number: int, default_queue: int, **fields: Any) -> Interface:
    row = Interface(id=number, name=f"Interface {number}", **fields)
    return services.create_interface(interface=row, default_queue=Queue(id=default_queue, name="Default"))


def store_signing_key(**fields: Any) -> SigningKey:
    now = timezone.now()
    given = {
        "kid": "trustservice",
        "certificate": certificate(),
        "encrypted_private_key": encrypt(certificates.serialize_private_key(private_key())),
        "created_at": now,
        "signs_from": now - timedelta(minutes=1),
    }
    return SigningKey.objects.create(**{**given, **fields})


@cache
def private_key() -> RSAPrivateKey:
    """One key for all tests: making one takes its time."""
    return certificates.generate_private_key()


@cache
def certificate() -> bytes:
    now, day = timezone.now(), timedelta(days=1)
    return certificates.make_certificate(
        private_key(), name="trustservice", valid_from=now - day, valid_until=now + 400 * day
    )


def store_user(name: str, *roles: str, **fields: Any) -> User:
    user = User.objects.create_user(name, PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def set_option(code: str, value: str, *, product: str = "", user: User | None = None) -> None:
    """Give a profile option a value: at the level *Site* unless a product or a user is named."""
    level = "user" if user else "product" if product else "site"
    ProfileOptionValue.objects.create(option_id=code, level=level, product=product, user=user, value=value)


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def minimal(**attributes: object) -> dict[str, object]:
    return {"authUserName": "Jane Roe", "interfaceId": "1", **attributes}


def ask(
    body: bytes | None = None,
    *,
    caller: str = CALLER,
    password: str = PASSWORD,
    address: str = ADDRESS,
    method: str = "POST",
    content_type: str = ITEM,
    headers: Mapping[str, str | None] | None = None,
    attributes: Mapping[str, object] | None = None,
    **extra: Any,
) -> HttpResponse:
    """Ask for a token; a header that is None is left out."""
    raw_body = json.dumps(minimal(**(attributes or {}))).encode() if body is None else body
    given = {"Authorization": basic(caller, password), **(headers or {})}
    present = {name: value for name, value in given.items() if value is not None}
    environ = {"CONTENT_TYPE": content_type, **extra}  # which the client leaves out where there is no body
    response = Client().generic(method, address, raw_body, secure=True, headers=present, **environ)
    assert isinstance(response, HttpResponse)
    return response


def granted(**attributes: object) -> dict[str, Any]:
    """Ask with these attributes, and return the body of the answer, which must be a token's."""
    return body_of(ask(attributes=attributes))


def body_of(response: HttpResponse) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    body: dict[str, Any] = json.loads(response.content)
    return body


def faults(response: HttpResponse) -> list[tuple[str, str]]:
    """Return code and path of every fault of an answer in the form of framework version 4."""
    details = json.loads(response.content)["o:errorDetails"]
    return [(detail["o:errorCode"], detail["o:errorPath"]) for detail in details]


def refused(body: bytes | None = None, **asking: Any) -> list[tuple[str, str]]:
    """Ask in framework version 4, and return code and path of every fault; the status is that of the first one."""
    headers = {"REST-Framework-Version": "4", **(asking.pop("headers", None) or {})}
    response = ask(body, headers=headers, **asking)
    found = faults(response)
    assert response.status_code == STATUS_OF_CODE[found[0][0]]
    return found


def segments_of(token: str) -> tuple[bytes, bytes]:
    """Return header and payload of a token as the bytes that they are."""
    header, payload, _signature = token.split(".")
    return _decoded(header), _decoded(payload)


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
