"""What Apple posts: stored once, with a job, or refused with a status that says why."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import receiving, sweeps, webhook
from authenticate_app.messages.bell import LOOKS_SECONDS, RINGS_SECONDS, Bell
from authenticate_app.messages.businesses import directory
from authenticate_app.messages.jobs import RECEIVED_CHANNEL
from authenticate_app.messages.models import Business, InboundMessage
from authenticate_app.messages.receiving_metrics import Outcome
from authenticate_app.messages.worker import BREATH_SECONDS
from authenticate_app.oauth.seldom import seldom
from tests.messages import apple, world
from tests.messages.apple import post, text, token
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
OTHER_SECRET = base64.b64encode(b"o" * 32).decode()


@pytest.fixture(autouse=True)
def shop(request: pytest.FixtureRequest) -> Iterator[Business]:
    """A business; nothing is remembered of the test before."""
    directory.forget()
    seldom.clear()
    yield world.business()
    directory.forget()


def jobs() -> list[tuple[str, str, str, dict[str, int]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, task_name, lock, args::text FROM procrastinate_jobs ORDER BY id")
        return [(*row[:3], json.loads(row[3])) for row in cursor.fetchall()]


def reasons() -> list[str]:
    return list(AuditEvent.objects.filter(event="messages_refused").order_by("pk").values_list("reason", flat=True))


def refused(status: int, reason: str, message: dict[str, Any] | None = None, **posting: Any) -> str:
    """Post what is to be refused, and return the sentence; nothing is stored of it."""
    response = post(message, **posting)
    assert response.status_code == status, response.content
    assert not InboundMessage.objects.exists()
    assert jobs() == []
    assert reasons() == [reason]
    answer = json.loads(response.content)
    assert answer["status"] == status
    sentence: str = answer["detail"]
    return sentence


# Taken


def test_a_message_is_stored_and_gets_its_job_by_a_sweep(shop: Business) -> None:
    message = text(body="Grüße 😀")
    response = post(message)
    assert (response.status_code, response.content) == (200, b"")
    stored = InboundMessage.objects.get()
    assert stored.business_id == shop.pk
    assert stored.message_id == message["id"]
    assert stored.customer_id == apple.CUSTOMER
    assert stored.capabilities == apple.CAPABILITIES
    assert stored.device_agent == "Mozilla/5.0"
    assert stored.processed_at is None
    assert abs(stored.received_at - timezone.now()) < timedelta(minutes=1)
    assert json.loads(bytes(stored.body)) == message
    assert jobs() == []
    sweeps.add_missing_jobs(now=timezone.now())
    lock = f"conversation:{shop.pk}:{apple.CUSTOMER}"
    assert jobs() == [("inbound", "process_message", lock, {"inbound_id": stored.pk})]
    assert reasons() == []


@pytest.mark.parametrize(
    "interactive",
    [
        {"interactiveDataRef": {"url": "x", "bid": "y", "key": "00" * 33, "signature": "00", "owner": "o", "size": 1}},
        {"interactiveData": {"data": {"requestIdentifier": str(uuid4()), "authenticate": {"status": "success"}}}},
    ],
)
def test_what_others_have_to_be_asked_about_waits_in_a_queue_of_its_own(interactive: dict[str, Any]) -> None:
    assert post(text(type="interactive", **interactive)).status_code == 200
    assert [job[0] for job in jobs()] == ["replies"]
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which notifications are spared, in seconds."""
    seconds = [0.0]
    monkeypatch.setattr(receiving, "bell", Bell(lambda: seconds[0]))
    return seconds


@pytest.fixture
def heard(transactional_db: None, clock: list[float]) -> Iterator[Callable[[], int]]:
    """How often the database has told of messages since it was asked last."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as listening:
        listening.execute(f"LISTEN {RECEIVED_CHANNEL}".encode())
        yield lambda: len(list(listening.notifies(timeout=0.1)))


def test_the_database_tells_of_a_message_once_it_is_stored(heard: Callable[[], int], clock: list[float]) -> None:
    message = text()
    assert post(message).status_code == 200
    assert heard() == 1
    clock[0] = 9
    assert post(message).status_code == 200
    assert heard() == 0


def test_what_follows_at_once_is_not_told_of_since_those_who_heard_look_again(
    heard: Callable[[], int], clock: list[float]
) -> None:
    assert [post().status_code for _ in range(3)] == [200] * 3
    assert heard() == 1
    clock[0] = RINGS_SECONDS
    assert post().status_code == 200
    assert heard() == 1


def test_they_look_for_longer_than_it_is_not_told_of() -> None:
    assert LOOKS_SECONDS > RINGS_SECONDS + BREATH_SECONDS


@pytest.mark.parametrize("kind", ["text", "interactive", "typing_start", "typing_end", "close", "of_tomorrow"])
def test_every_kind_of_message_is_taken(kind: str) -> None:
    assert post(text(type=kind)).status_code == 200
    assert InboundMessage.objects.count() == 1


def test_a_body_may_come_unpacked() -> None:
    message = text()
    assert post(message, raw_body=json.dumps(message).encode(), Content_Encoding=None).status_code == 200
    assert json.loads(bytes(InboundMessage.objects.get().body)) == message


def test_gzip_is_known_without_its_header() -> None:
    assert post(Content_Encoding=None).status_code == 200


def test_capabilities_need_not_be_said() -> None:
    assert post(capability_list=None, device_agent=None).status_code == 200
    assert InboundMessage.objects.get().capabilities == ""


def test_headers_beyond_measure_are_cut() -> None:
    assert post(capability_list="A," * 5000, device_agent="B" * 5000).status_code == 200
    stored = InboundMessage.objects.get()
    assert (len(stored.capabilities), len(stored.device_agent)) == (500, 200)


@pytest.mark.parametrize("audience", [world.MSP_ID, [world.MSP_ID], ["another", world.MSP_ID]])
def test_the_audience_may_be_one_or_many(audience: object) -> None:
    assert post(Authorization=f"Bearer {token(aud=audience)}").status_code == 200


def test_the_scheme_is_known_in_any_case() -> None:
    assert post(Authorization=f"bEARER {token()}").status_code == 200


# Twice


def test_the_same_message_twice_is_stored_and_processed_once() -> None:
    message = text()
    assert [post(message).status_code for _ in range(3)] == [200, 200, 200]
    assert InboundMessage.objects.count() == 1
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1


def test_the_same_id_at_another_business_is_another_message() -> None:
    world.business(business_id="other", client=None, provider="other")
    message = text()
    assert post(message).status_code == 200
    assert post({**message, "destinationId": "other"}).status_code == 200
    assert InboundMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_stored_once() -> None:
    message, start, statuses = text(), Barrier(8), []

    def race() -> None:
        start.wait()
        statuses.append(post(message).status_code)
        connection.close()

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert InboundMessage.objects.count() == 1
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1


# How much it asks


def test_a_message_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    post()
    known = directory.recall().value["vision-business"]
    with django_assert_num_queries(1):
        message = text()
        sent, envelope = apple.packed(message), receiving.Envelope("", message["id"], apple.CUSTOMER, apple.BUSINESS)
        outcome = receiving.receive(raw_body=sent, envelope=envelope, business=known, now=timezone.now())
    assert outcome is Outcome.STORED


@pytest.mark.django_db(transaction=True)
def test_a_business_that_is_remembered_is_not_asked_for() -> None:
    from authenticate_app.revisions.listener import listener

    assert listener.wait_until_connected(timeout=10)
    wait_until(lambda: _queries_of_a_message() == 1)  # what was stored before may still be told of


def _queries_of_a_message() -> int:
    with CaptureQueriesContext(connection) as queries:
        assert post().status_code == 200
    return len(queries)


# 401


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
def test_no_token(header: str | None) -> None:
    assert "Authorization" in refused(401, "no-token", Authorization=header)


# 403


def test_an_unknown_business_and_a_bad_token_look_the_same() -> None:
    unknown = refused(403, "unknown-business", text(destinationId="nobody"))
    AuditEvent.objects.all().delete()
    assert refused(403, "wrong-signature", Authorization=f"Bearer {token(secret=OTHER_SECRET)}") == unknown


def test_a_business_that_is_not_active(shop: Business) -> None:
    Business.objects.update(is_active=False)
    refused(403, "unknown-business")


def test_a_business_of_the_sandbox_while_that_is_off(settings: Any) -> None:
    settings.SANDBOX = False
    Business.objects.update(is_sandbox=True)
    refused(403, "unknown-business")


def test_a_business_of_the_sandbox(settings: Any) -> None:
    settings.SANDBOX = True
    Business.objects.update(is_sandbox=True)
    assert post().status_code == 200


@pytest.mark.parametrize(
    ("unverified_token", "reason"),
    [
        ("garbage", "malformed"),
        ("a.b.c", "malformed"),
        ("é.é.é", "malformed"),
        ("x" * 10_000, "malformed"),
        (jwt.encode({"iss": world.MSP_ID, "iat": 1_700_000_000}, bytes(range(32))), "no-audience"),
    ],
)
def test_tokens_that_are_none(unverified_token: str, reason: str) -> None:
    refused(403, reason, Authorization=f"Bearer {unverified_token}")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": None}, "no-audience"),
        ({"aud": None, "iss": world.MSP_ID}, "no-audience"),  # one of ours
        ({"aud": "another"}, "foreign-audience"),
        ({"aud": ["another"]}, "foreign-audience"),
        ({"iat": None}, "no-time"),
        ({"iat": 0}, "too-old"),
        ({"iat": 4_000_000_000}, "from-the-future"),
        ({"exp": 1}, "expired"),
    ],
)
def test_claims_that_do_not_fit(claims: dict[str, Any], reason: str) -> None:
    refused(403, reason, Authorization=f"Bearer {token(**claims)}")


def test_a_token_that_is_too_old(settings: Any) -> None:
    old = timezone.now() - settings.GATEWAY_TOKEN_AGE - timedelta(seconds=2)
    refused(403, "too-old", Authorization=f"Bearer {token(at=old)}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_another_algorithm_is_not_taken(algorithm: str) -> None:
    claims = {"aud": world.MSP_ID, "iat": int(timezone.now().timestamp())}
    key = "" if algorithm == "none" else bytes(range(32)) + bytes(32)
    forged = jwt.encode(claims, key, algorithm=algorithm)
    refused(403, "wrong-algorithm", Authorization=f"Bearer {forged}")


def test_the_token_of_another_account() -> None:
    other = world.account(msp_id="other-msp", name="Other", encrypted_api_secret=encrypt(OTHER_SECRET.encode()))
    world.business(business_id="other", account=other, client=None, provider="other")
    refused(403, "wrong-signature", Authorization=f"Bearer {token(secret=OTHER_SECRET, aud='other-msp')}")


@pytest.mark.parametrize(
    "stored",
    [b"", b"nonsense", encrypt(b"not base64!"), encrypt(b"c2hvcnQ=")],
    ids=["none", "nonsense", "not-base64", "short"],
)
def test_an_account_whose_secret_cannot_be_used(shop: Business, stored: bytes) -> None:
    type(shop.account).objects.update(encrypted_api_secret=stored)
    sentence = refused(503, "unusable-account")
    assert "secret" not in sentence


# Neither


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods(method: str) -> None:
    response = post(method=method)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert not InboundMessage.objects.exists()


def test_a_database_that_is_away_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> bool:
        raise OperationalError

    monkeypatch.setattr(receiving, "_store", away)
    assert post().status_code == 503


def test_the_same_refusal_is_audited_once_and_counted_always() -> None:
    before = _counted("no-token")
    for _ in range(5):
        post(Authorization=None)
    assert reasons() == ["no-token"]
    assert _counted("no-token") == before + 5
    post(Authorization="Bearer x")
    assert reasons() == ["no-token", "malformed"]
    assert AuditEvent.objects.get(reason="malformed").object_name == "Vision Shop"


def _counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("chatauth_messages_received_total", {"outcome": outcome}) or 0


def test_nothing_secret_or_private_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    bearer = token()
    post(text(body="my card number"), Authorization=f"Bearer {bearer}")
    post(text(body="my card number"), Authorization=f"Bearer {bearer}", id="x")
    post(text(body="my card number"), Authorization=f"Bearer {bearer}x")
    written = "".join(capsys.readouterr())
    for secret in (bearer, "my card number", world.API_SECRET, apple.CUSTOMER):
        assert secret not in written


@given(body=st.binary(max_size=300), head=st.sampled_from([b"", b"\x1f\x8b\x08\x00", b'{"id":', b'{"type": "text"}']))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_body_ends_in_a_failure(body: bytes, head: bytes) -> None:
    assert post(raw_body=head + body).status_code == 400


@given(
    raw_headers=st.dictionaries(
        st.sampled_from(
            ["HTTP_AUTHORIZATION", "HTTP_ID", "HTTP_SOURCE_ID", "HTTP_DESTINATION_ID", "HTTP_CONTENT_ENCODING"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=60),
    )
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_headers_end_in_a_failure(raw_headers: dict[str, str]) -> None:
    request = RequestFactory().post(apple.ADDRESS, b"{}", content_type="application/json")
    request.META.update(raw_headers)
    assert webhook.message(request).status_code in {400, 401, 403}
