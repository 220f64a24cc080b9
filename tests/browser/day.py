"""Fills an empty database with a demonstration and a plausible day: ``python -m tests.browser.day``."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import django

SESSIONS = 900
CLIENT, CALLBACK = "web-shop", "https://www.example.com/callback"
"""A client that sends people to sign in, and where it takes them back."""
APPLE_NEW, APPLE_CALLBACK = "messages", "https://msp.example/amb/oauth/callback"
APPLE_LEGACY = "messages-legacy"
WITH_CODES, WITHOUT_FACTOR = "mary.major@vision.com", "maria.garcia@vision.com"
REFUSALS = ("wrong-password", "unknown-user", "wrong-password", "disabled-user")
STATES = ("concluded", "concluded", "concluded", "engaged", "requested", "authenticated")
QUESTIONS = ("Where is my order?", "I want a refund.", "My invoice is wrong.", "How do I change my address?")


def fill(now: datetime) -> None:
    """Store the demonstration, a signing key, sessions and refusals of the day before ``now``."""
    from django.conf import settings

    from authenticate_app.keys.services import ensure_signing_key
    from chat_app.engagement.customer.demonstration import load as load_customers_chat
    from chat_app.routing.demonstration import load as load_routing
    from chatauth_project.demonstration_accounts import NAMES
    from chatauth_project.demonstration_accounts import load as load_accounts
    from chatauth_project.demonstration_clients import load as load_clients
    from tests.browser.day_chats import fill_chats
    from tests.browser.site import PASSWORD

    load_accounts(dict.fromkeys(NAMES, PASSWORD))
    _second_factors(now)
    load_routing({})
    load_customers_chat({})
    ensure_signing_key(now=now - timedelta(days=12))
    _sessions(now)
    if not settings.CHAT_WORKERS:  # else its agents would be offered what real people ask for
        fill_chats(now)
    _refusals(now)
    _profile_values()
    _clients(now)
    load_clients({"demonstration-integration": PASSWORD, "demonstration-web": PASSWORD})


def _second_factors(now: datetime) -> None:
    """Somebody who is asked for a code after the password, and somebody who has to set one up."""
    from authenticate_app.accounts.models import User
    from authenticate_app.factors.models import OneTimeCodeDevice
    from authenticate_app.keys.encryption import encrypt
    from tests.browser.site import PASSWORD

    has_codes = User.objects.create_user(WITH_CODES, password=PASSWORD)
    secret = encrypt(b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    OneTimeCodeDevice.objects.create(user=has_codes, encrypted_secret=secret, confirmed_at=now, last_used_step=0)
    User.objects.create_user(WITHOUT_FACTOR, password=PASSWORD, second_factor_required=True)


def _sessions(now: datetime) -> None:
    from authenticate_app.accounts.models import User
    from chat_app.sessions.models import ChatSession, ChatToken

    caller = User.objects.get(username="dcsadmin1")
    moments = sorted(now - _before() for _session in range(SESSIONS))
    sessions = ChatSession.objects.bulk_create(
        ChatSession(
            caller=caller,
            auth_user_name=f"customer{random.randrange(400):03}@vision.com",
            interface_id=1,
            queue_id=random.choice((1, 1, 1, 2)),
            state=random.choice(STATES),
            resumable=None,
            request={"interfaceId": "1", "question": random.choice(QUESTIONS), "customFields": '{"tier": "gold"}'},
            client_address="203.0.113.9",
            created_at=moment,
            token_expires_at=moment + timedelta(seconds=120),
        )
        for moment in moments
    )
    ChatToken.objects.bulk_create(
        ChatToken(jti=uuid.uuid4(), session=each, issued_at=each.created_at, expires_at=each.token_expires_at)
        for each in sessions
    )


def _before() -> timedelta:
    """Some time ago, more often by day than by night."""
    return timedelta(hours=random.triangular(0, 23.5, 6))


def _refusals(now: datetime) -> None:
    from authenticate_app.audit.events import Event
    from authenticate_app.audit.services import record

    for number in range(60):
        moment = now - timedelta(minutes=20 * (60 - number))
        record(
            event=Event.SIGN_IN_FAILED,
            reason=random.choice(REFUSALS),
            name=f"x{number}",
            address="198.51.100.7",
            now=moment,
        )
    record(event=Event.SIGN_IN_THROTTLED, reason="too-many-failures", name="x", address="198.51.100.7", now=now)


def _profile_values() -> None:
    from authenticate_app.accounts.models import User
    from chat_app.routing.models import ProfileOptionValue

    john = User.objects.get(username="john.smith@vision.com")
    option = "SVC_CHAT_WAIT_TIME_ENABLED"
    ProfileOptionValue.objects.create(option_id=option, level="site", value="No")
    ProfileOptionValue.objects.create(option_id=option, level="product", product="HRHD", value="Yes")
    ProfileOptionValue.objects.create(option_id=option, level="user", user=john, value="Yes")


def _clients(now: datetime) -> None:
    from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, Purpose

    shop = _store_client(CLIENT, name="Web shop", purpose=Purpose.WEB, client_type="public", redirect_uris=CALLBACK)
    _given_out(shop, now)
    apple = {"client_type": "confidential", "pkce_required": False}
    _store_client(APPLE_NEW, name="Messages", purpose=Purpose.APPLE_NEW, redirect_uris=APPLE_CALLBACK, **apple)
    _store_client(
        APPLE_LEGACY,
        name="Messages, older devices",
        purpose=Purpose.APPLE_LEGACY,
        redirect_uris=APPLE_REDIRECT_URI,
        **apple,
    )


def _store_client(client_id: str, **fields: Any) -> Any:
    from authenticate_app.oauth.models import Client
    from tests.browser import logo

    return Client.objects.create(
        client_id=client_id,
        display_name="Vision Shop",
        logo=logo.png(),
        accent_color="#ffb703",  # too light for white text on it, and for text on white
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE,
        allowed_scopes="openid profile email chat",
        **fields,
    )


def _given_out(client: Any, now: datetime) -> None:
    """Sign-ins that go on, each with an access token, and some tokens that have expired."""
    from authenticate_app.accounts.models import User
    from authenticate_app.oauth.models import AccessToken, RefreshToken
    from authenticate_app.oauth.secrets import checksum, new_token

    person = User.objects.get(username="john.smith@vision.com")
    for number in range(24):
        given = {"application": client, "user": person, "scope": "openid profile", "sign_in_stamp": 0}
        token = {"token_checksum": checksum(new_token()), "token_family": uuid.uuid4(), **given}
        RefreshToken.objects.create(expires=now + timedelta(days=20), auth_time=now, **token)
        AccessToken.objects.create(expires=now + timedelta(minutes=number * 40 - 240), **token)


if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    random.seed(4)
    fill(timezone.now())
