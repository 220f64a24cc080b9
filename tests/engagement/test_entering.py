"""``requestEngagement`` over HTTP: what it answers, and every token that it does not take."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.utils import timezone

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys import certificates
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from chat_app.engagement.limits import Allowance
from chat_app.engagement.models import Engagement
from chat_app.routing.models import Interface
from tests import world
from tests.engagement.deck import Deck
from tests.engagement.front import token_for

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.05) as deck:
        yield deck


def test_a_customer_gets_in_and_is_told_everything(deck: Deck) -> None:
    reply = deck.ask("requestEngagement", bearer=token_for())
    body, engagement = reply.body, Engagement.objects.get()
    customer = engagement.participants.get()
    assert reply.status == 200
    assert len(body["sessionId"]) >= 40
    assert (body["engagementId"], body["engagementIdString"]) == (engagement.pk, str(engagement.pk))
    assert (body["clientId"], body["clientIdString"]) == (customer.pk, str(customer.pk))
    assert body["resultType"] == "NONE"
    for survey in ("completedSurvey", "cancelledSurvey"):
        assert (body[f"{survey}Id"], body[f"{survey}IdString"], body[f"{survey}Auth"]) == (None, None, None)


def test_the_first_thing_told_is_the_wait(deck: Deck) -> None:
    session = deck.ask("requestEngagement", bearer=token_for()).body["sessionId"]
    (entry,) = deck.ask("getMessages", session=session).entries
    assert entry["messageName"] == "RNEngagementWaitInformationChangedMessage"
    for name in ("position", "expectedWaitTimeSeconds", "averageWaitTimeSeconds"):
        assert entry[name + "String"] == str(entry[name])


def test_coming_back_makes_the_old_session_id_void(deck: Deck) -> None:
    first = deck.ask("requestEngagement", bearer=token_for(resumeType="RESUME")).body
    second = deck.ask("requestEngagement", bearer=token_for(resumeType="RESUME")).body
    assert second["engagementId"] == first["engagementId"]
    assert second["sessionId"] != first["sessionId"]
    assert deck.ask("getMessages", session=first["sessionId"]).code == (403, "SESSION_UNKNOWN")
    assert deck.ask("getMessages", session=second["sessionId"]).status == 200


def test_a_session_id_that_need_not_be_there_is_ignored(deck: Deck) -> None:
    assert deck.ask("requestEngagement", bearer=token_for(), session="undefined").status == 200


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_has_no_case(deck: Deck, scheme: str) -> None:
    assert deck.ask("requestEngagement", headers={"Authorization": scheme + token_for()}).status == 200


def assert_refused(deck: Deck, token: str, reason: str = "") -> None:
    before = AuditEvent.objects.count()
    reply = deck.ask("requestEngagement", bearer=token)
    assert reply.code == (403, "TOKEN_REFUSED")
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.address) == ("chat_token_refused", "192.0.2.9")
    assert event.reason == reason or not reason
    assert event.request_id == reply.headers["x-request-id"]


def test_a_token_is_good_once(deck: Deck) -> None:
    token = token_for()
    assert deck.ask("requestEngagement", bearer=token).status == 200
    assert_refused(deck, token, "token_replayed")


def test_a_token_of_another_site_is_refused(deck: Deck) -> None:
    assert_refused(deck, token_for(businessUnitOrgId=world.BUSINESS_UNIT))


def test_a_token_that_has_expired_is_refused(deck: Deck) -> None:
    assert_refused(deck, signed(claims_of(token_for()) | {"exp": int(timezone.now().timestamp()) - 60}))


def claims_of(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def signed(claims: dict[str, object], *, kid: str = "trustservice", key: object = None) -> str:
    return jwt.encode(claims, key or world.private_key(), algorithm="RS256", headers={"kid": kid})  # type: ignore[arg-type]


def test_a_key_that_is_not_ours_is_refused(deck: Deck) -> None:
    foreign = certificates.generate_private_key()
    assert_refused(deck, signed(claims_of(token_for()), key=foreign))
    assert_refused(deck, signed(claims_of(token_for()), key=foreign, kid="another"))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_swapped_algorithm_is_refused(deck: Deck, algorithm: str) -> None:
    public = world.private_key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = segment({"alg": algorithm, "typ": "JWT", "kid": "trustservice"})
    payload = segment(claims_of(token_for()))
    signature = "" if algorithm == "none" else jwt.api_jws.PyJWS().get_algorithm_by_name("HS256")
    if signature:
        raw = signature.sign(f"{header}.{payload}".encode(), pem)  # type: ignore[union-attr]
        signature = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert_refused(deck, f"{header}.{payload}.{signature}")


def segment(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_key_that_has_just_retired_is_accepted(deck: Deck) -> None:
    token = token_for()
    now = timezone.now()
    SigningKey.objects.update(signs_from=now - timedelta(days=2), retired_at=now)
    keyring.forget()
    assert deck.ask("requestEngagement", bearer=token).status == 200


@pytest.mark.parametrize("end", ["revoked", "deleted"])
def test_a_key_that_was_taken_back_is_refused_at_once(deck: Deck, end: str) -> None:
    token = token_for()
    if end == "revoked":
        SigningKey.objects.update(revoked_at=timezone.now())
    else:
        SigningKey.objects.all().delete()
    assert_refused(deck, token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "x" * 100_000, "\u00e9"])
def test_what_is_no_token_is_refused(deck: Deck, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert deck.ask("requestEngagement", headers=headers).code == (403, "TOKEN_REFUSED")


def test_without_any_authorization_it_is_forbidden_and_never_unauthorized(deck: Deck) -> None:
    assert deck.ask("requestEngagement").code == (403, "TOKEN_REFUSED")


def test_a_flood_of_bad_tokens_is_counted_and_good_ones_get_in(deck: Deck) -> None:
    deck.engine.limits.refused = Allowance(rate=0, burst=2)
    assert [deck.ask("requestEngagement", bearer="x").status for _ in range(4)] == [403] * 4
    assert AuditEvent.objects.filter(event="chat_token_refused").count() == 2
    assert deck.ask("requestEngagement", bearer=token_for()).status == 200


def test_a_disabled_interface_takes_nobody(deck: Deck) -> None:
    token = token_for()
    Interface.objects.filter(pk=world.INTERFACE).update(enabled=False)
    assert deck.ask("requestEngagement", bearer=token).code == (409, "CHAT_DISABLED")


def test_a_customer_for_whom_chat_is_off_is_refused(deck: Deck) -> None:
    token = token_for()
    world.set_option("SVC_ENABLE_CHAT", "No")
    assert deck.ask("requestEngagement", bearer=token).code == (409, "CHAT_DISABLED")
