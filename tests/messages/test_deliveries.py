"""Webhooks out: signed, repeated for a day, given up visibly; a receiver that hangs holds up nobody else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import deliveries, receivers
from authenticate_app.messages.models import Business, WebhookDelivery
from tests.messages import world
from tests.messages.receiver import Receiver, receiver
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


@pytest.fixture(autouse=True)
def private_addresses(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver stands on the loopback address; none of the test before is remembered."""
    settings.PRIVATE_ADDRESSES = True
    monkeypatch.setattr(deliveries, "receivers", receivers.Receivers())


@pytest.fixture
def taking() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def business(hook: Receiver, **fields: Any) -> Business:
    secret = encrypt(world.WEBHOOK_SECRET.encode())
    return world.business(**{"webhook_url": hook.url, "encrypted_webhook_secret": secret, **fields})


def announced(hook: Receiver, payload: dict[str, Any] | None = None, **fields: Any) -> WebhookDelivery:
    found = deliveries.announce(
        business=business(hook, **fields), event="sign_in.ended", payload=payload or {"id": "1"}, now=timezone.now()
    )
    assert found is not None
    return found


def attempts(delivery: WebhookDelivery, *, begin: datetime) -> list[timedelta]:
    """Make every attempt when it is due, and return the pauses between them."""
    pauses, now = [], begin
    while (pause := deliveries.attempt(delivery_id=delivery.pk, now=now)) is not None:
        pauses.append(pause)
        now += pause
    delivery.refresh_from_db()
    return pauses


def jobs() -> list[tuple[str, dict[str, str]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(task, args if isinstance(args, dict) else json.loads(args)) for task, args in cursor.fetchall()]


def test_a_webhook_is_stored_together_with_its_job(taking: Receiver) -> None:
    delivery = announced(taking)
    assert jobs() == [("deliver_webhook", {"delivery_id": str(delivery.pk)})]
    assert delivery.state == State.WAITING


def test_a_business_without_an_address_is_told_nothing() -> None:
    found = deliveries.announce(business=world.business(), event="x", payload={}, now=timezone.now())
    assert found is None
    assert jobs() == []


def test_what_is_sent_verifies_by_the_published_library(taking: Receiver) -> None:
    delivery = announced(taking, {"name": "Zoë", "state": "succeeded"})
    assert attempts(delivery, begin=timezone.now()) == []
    (sent,) = taking.taken
    found = Webhook(world.WEBHOOK_SECRET).verify(sent.body, sent.headers)
    assert found["type"] == "sign_in.ended"
    assert found["data"] == {"name": "Zoë", "state": "succeeded"}
    assert datetime.fromisoformat(found["timestamp"]).tzinfo == UTC
    assert sent.headers["webhook-id"] == str(delivery.pk)
    assert sent.headers["content-type"] == "application/json"
    assert delivery.state == State.DELIVERED
    assert delivery.delivered_at is not None
    assert delivery.last_answer == "200 OK"


def test_another_secret_does_not_verify_it(taking: Receiver) -> None:
    attempts(announced(taking), begin=timezone.now())
    (sent,) = taking.taken
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "b" * 32).verify(sent.body, sent.headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_takes_it(status: int) -> None:
    with receiver(status) as hook:
        delivery = announced(hook)
        attempts(delivery, begin=timezone.now())
    assert delivery.state == State.DELIVERED


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_anything_else_is_tried_again_and_no_redirect_followed(status: int) -> None:
    with receiver(status, 200) as hook:
        delivery = announced(hook)
        pauses = attempts(delivery, begin=timezone.now())
    assert len(pauses) == 1
    assert len(hook.taken) == 2
    assert hook.taken[0].headers["webhook-id"] == hook.taken[1].headers["webhook-id"]
    assert hook.taken[0].body == hook.taken[1].body
    assert delivery.state == State.DELIVERED
    assert delivery.attempts == 2


def test_a_receiver_that_wants_no_more_is_asked_no_more() -> None:
    with receiver(410) as hook:
        delivery = announced(hook)
        assert attempts(delivery, begin=timezone.now()) == []
    assert delivery.state == State.FAILED
    assert delivery.last_answer == "410 Gone"
    assert AuditEvent.objects.get(event="messages_webhook_given_up").reason == "410 Gone"


def test_it_is_given_up_after_a_day() -> None:
    with receiver(500) as hook:
        delivery = announced(hook)
        pauses = attempts(delivery, begin=timezone.now())
    assert len(hook.taken) == 9
    assert timedelta(hours=20) < sum(pauses, timedelta()) < timedelta(hours=28)
    assert pauses[0] < timedelta(seconds=10)
    assert pauses[-1] > timedelta(hours=7)
    assert delivery.state == State.FAILED
    assert delivery.last_answer == "500 Internal Server Error"
    assert delivery.next_attempt_at is None


def test_pauses_are_not_all_the_same() -> None:
    with receiver(500) as hook:
        found = set()
        for number in range(4):
            delivery = announced(hook, business_id=f"b{number}", client=None, provider="other")
            found.add(deliveries.attempt(delivery_id=delivery.pk, now=timezone.now()))
    assert len(found) > 1


def test_nobody_there() -> None:
    with receiver() as hook:
        pass
    delivery = announced(hook)
    assert deliveries.attempt(delivery_id=delivery.pk, now=timezone.now()) is not None
    delivery.refresh_from_db()
    assert delivery.last_answer.startswith("no answer")
    assert delivery.state == State.WAITING


def test_a_receiver_that_hangs(taking: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers, "TIMEOUT_SECONDS", 0.2)
    taking.hangs.set()
    delivery = announced(taking)
    assert deliveries.attempt(delivery_id=delivery.pk, now=timezone.now()) is not None
    delivery.refresh_from_db()
    assert delivery.last_answer == "timed out"


def test_a_receiver_that_was_silent_is_left_alone_for_a_while(
    taking: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "TIMEOUT_SECONDS", 0.2)
    taking.hangs.set()
    first, now = announced(taking), timezone.now()
    deliveries.attempt(delivery_id=first.pk, now=now)
    second = deliveries.announce(business=first.business, event="x", payload={}, now=now)
    assert second is not None
    assert deliveries.attempt(delivery_id=second.pk, now=now) is not None
    second.refresh_from_db()
    assert second.attempts == 0
    assert second.next_attempt_at is not None
    assert second.next_attempt_at > now + receivers.SILENT
    assert len(taking.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_one_business_takes_a_few_places_only(taking: Receiver) -> None:
    taking.hangs.set()
    first = announced(taking)
    more = [
        deliveries.announce(business=first.business, event="x", payload={}, now=timezone.now())
        for _ in range(receivers.AT_ONCE)
    ]
    threads = [Thread(target=_attempt_and_close, args=(each,)) for each in [first, *more[:-1]]]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(taking.taken) == receivers.AT_ONCE)
    last = more[-1]
    assert last is not None
    assert deliveries.attempt(delivery_id=last.pk, now=timezone.now()) is not None
    taking.released.set()
    for thread in threads:
        thread.join()
    assert len(taking.taken) == receivers.AT_ONCE
    last.refresh_from_db()
    assert last.attempts == 0


def _attempt_and_close(delivery: WebhookDelivery) -> None:
    deliveries.attempt(delivery_id=delivery.pk, now=timezone.now())
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_it_once(taking: Receiver) -> None:
    delivery = announced(taking)
    threads = [Thread(target=_attempt_and_close, args=(delivery,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taking.taken) == 1


def test_an_attempt_whose_process_was_killed_is_made_again(taking: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(**_arguments: object) -> None:
        raise SystemExit

    delivery, now = announced(taking), timezone.now()
    with monkeypatch.context() as context:
        context.setattr(deliveries, "post", die)
        with pytest.raises(SystemExit):
            deliveries.attempt(delivery_id=delivery.pk, now=now)
    assert deliveries.attempt(delivery_id=delivery.pk, now=now + timedelta(seconds=1)) is None
    assert taking.taken == []
    deliveries.attempt(delivery_id=delivery.pk, now=now + deliveries.LEASE)
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_one_that_is_not_due_or_delivered_is_not_sent(taking: Receiver) -> None:
    delivery, now = announced(taking), timezone.now()
    assert deliveries.attempt(delivery_id=delivery.pk, now=now - timedelta(hours=1)) is None
    assert taking.taken == []
    attempts(delivery, begin=now)
    assert deliveries.attempt(delivery_id=delivery.pk, now=now) is None
    assert len(taking.taken) == 1


def test_one_that_was_given_up_can_be_repeated() -> None:
    with receiver(410, 200) as hook:
        delivery = announced(hook)
        attempts(delivery, begin=timezone.now())
        assert deliveries.repeat(delivery=delivery, now=timezone.now())
        assert len(jobs()) == 2
        assert not deliveries.repeat(delivery=delivery, now=timezone.now())  # it is waiting
        attempts(delivery, begin=timezone.now())
    assert delivery.state == State.DELIVERED
    assert delivery.attempts == 1


def test_what_postgresql_cannot_hold_is_replaced(taking: Receiver) -> None:
    delivery = announced(taking, {"text": "a\0b \ud800 \\u0000 😀 \ud83d", "z\0": 1})
    delivery.refresh_from_db()
    assert delivery.payload["data"] == {"text": "a�b � \\u0000 😀 �", "z�": 1}
    attempts(delivery, begin=timezone.now())
    Webhook(world.WEBHOOK_SECRET).verify(taking.taken[0].body, taking.taken[0].headers)


@pytest.mark.parametrize(
    "secret",
    [b"", encrypt(b""), encrypt(b"whsec_"), encrypt(b"whsec_x"), b"nonsense"],
    ids=["none", "empty", "prefix", "short", "nonsense"],
)
def test_a_secret_that_is_none_is_no_end_of_the_world(taking: Receiver, secret: bytes) -> None:
    delivery = announced(taking, encrypted_webhook_secret=secret)
    assert deliveries.attempt(delivery_id=delivery.pk, now=timezone.now()) is not None
    delivery.refresh_from_db()
    assert delivery.last_answer == "the webhook secret cannot be used"
    assert taking.taken == []


@pytest.mark.parametrize("url", ["nonsense", "http://", "https://[", "ftp://example.com/", "http://127.0.0.1:0/x"])
def test_an_address_that_leads_nowhere(taking: Receiver, url: str) -> None:
    delivery = announced(taking, webhook_url=url)
    assert deliveries.attempt(delivery_id=delivery.pk, now=timezone.now()) is not None


def test_a_delivery_that_is_gone() -> None:
    assert deliveries.attempt(delivery_id=WebhookDelivery().pk, now=timezone.now()) is None


def test_no_secret_is_logged_or_stored(taking: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    delivery = announced(taking)
    attempts(delivery, begin=timezone.now())
    written = capsys.readouterr()
    shown = f"{written.err}{written.out}{delivery.payload}{delivery.last_answer}{taking.taken[0].body!r}"
    assert world.WEBHOOK_SECRET not in shown
    assert world.WEBHOOK_SECRET.removeprefix("whsec_") not in shown
