import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory

from authenticate_app.accounts.models import User
from authenticate_app.audit import services
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import differences, event_of, pseudonym, purge, record, record_all, record_change

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_an_event_is_one_row_and_one_statement(django_assert_num_queries: Any) -> None:
    user = User.objects.create_user("somebody")
    with django_assert_num_queries(1):
        record(
            event=Event.TOKEN_REFUSED,
            reason="role-missing",
            actor=user.pk,
            actor_name="somebody",
            name="somebody",
            address="192.0.2.1",
            request_id="abc",
            now=NOW,
        )
    event = AuditEvent.objects.get()
    assert (event.at, event.event, event.reason) == (NOW, "token_refused", "role-missing")
    assert (event.actor_id, event.actor_name, event.pseudonym) == (user.pk, "somebody", pseudonym("somebody"))
    assert (event.address, event.request_id) == ("192.0.2.1", "abc")


def test_an_event_outlives_its_actor() -> None:
    user = User.objects.create_user("somebody")
    record(event=Event.TOKEN_REFUSED, actor=user.pk, actor_name="somebody")
    user.delete()
    assert AuditEvent.objects.get().actor_name == "somebody"


def test_a_pseudonym_is_steady_and_does_not_tell_the_name() -> None:
    assert pseudonym("somebody") == pseudonym("somebody") != pseudonym("somebody else")
    assert len(pseudonym("somebody")) == 32
    assert "somebody" not in pseudonym("somebody")


def test_a_pseudonym_is_worth_nothing_without_the_key(settings: Any) -> None:
    before = pseudonym("somebody")
    settings.SECRET_KEY = "x" * 50
    assert pseudonym("somebody") != before


@pytest.mark.parametrize("address", ["", None, "unix:", "999.1.1.1"])
def test_what_is_no_address_is_left_out(address: str | None) -> None:
    record(event=Event.SIGN_IN_FAILED, address=address)
    assert AuditEvent.objects.get().address is None


def test_what_is_too_long_is_cut() -> None:
    group = Group.objects.create(name="g" * 150)
    record(event=Event.OBJECT_CHANGED, request_id="r" * 100, target=group, actor_name="a" * 500)
    event = AuditEvent.objects.get()
    assert (len(event.request_id), event.object_type, event.object_id) == (64, "auth.group", str(group.pk))
    assert len(event.actor_name) == 320


def test_changes_become_json_whatever_they_are() -> None:
    changes = {"when": [None, NOW], "id": [UUID(int=1), object], "text": ["a\0b", timedelta(seconds=90)]}
    record(event=Event.OBJECT_CHANGED, changes=changes)
    stored = AuditEvent.objects.get().changes
    assert stored["when"] == [None, "2026-03-01T12:00:00Z"]
    assert stored["text"] == ["a␀b", "P0DT00H01M30S"]
    json.dumps(stored)


def test_differences_name_each_field_with_before_and_after() -> None:
    assert differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}) == {
        "b": [2, 3],
        "c": [3, None],
        "d": [None, 4],
    }


@pytest.mark.parametrize(
    ("before", "after", "event", "changes"),
    [
        (None, {"a": 1}, "object_created", {"a": [None, 1]}),
        ({"a": 1}, {"a": 2}, "object_changed", {"a": [1, 2]}),
        ({"a": 1}, None, "object_deleted", {"a": [1, None]}),
        (None, {}, "object_created", {}),
    ],
)
def test_a_change_is_recorded_with_who_and_what(
    before: dict[str, Any] | None, after: dict[str, Any] | None, event: str, changes: dict[str, Any]
) -> None:
    actor = User.objects.create_user("admin")
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1", HTTP_X_REQUEST_ID="abc")
    record_change(actor=actor, before=before, after=after, target=actor, request=request)
    recorded = AuditEvent.objects.get()
    assert (recorded.event, recorded.changes, recorded.actor_name) == (event, changes, "admin")
    assert (recorded.object_type, recorded.object_name) == ("authenticate_app.user", "admin")
    assert (recorded.address, recorded.request_id) == ("192.0.2.1", "abc")


def test_what_does_not_differ_is_no_change() -> None:
    actor = User.objects.create_user("admin")
    record_change(actor=actor, before={"a": 1}, after={"a": 1}, target=actor, request=RequestFactory().post("/"))
    assert not AuditEvent.objects.exists()


def test_old_events_are_purged_in_batches(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    settings.AUDIT_RETENTION = timedelta(days=10)
    record_all(event_of(event=Event.SIGN_IN_FAILED, now=NOW - timedelta(days=days)) for days in (9, 10, 11, 12, 13))
    assert purge(NOW) == 3
    assert AuditEvent.objects.count() == 2
    assert purge(NOW) == 0
