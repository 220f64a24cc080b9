"""The start page: the last day in charts and tables, from a bounded number of rows."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit import statistics as refusals
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.audit.statistics import refusals_by_reason
from chat_app.sessions import statistics
from chat_app.sessions.models import ChatSession, ChatToken
from chat_app.sessions.statistics import sessions_by_queue, tokens_per_hour
from chatauth_project.dashboard import MOST_BARS
from tests.admin.conftest import Browser, SignedIn

NOW = datetime.fromisoformat("2026-03-04T12:30:00+00:00")

pytestmark = pytest.mark.usefixtures("routing_data")


def session(caller: User, *, at: datetime, queue: int | None = 1) -> ChatSession:
    return ChatSession.objects.create(
        caller=caller,
        auth_user_name="john.smith@vision.com",
        interface_id=1,
        queue_id=queue,
        resumable=None,
        request={},
        client_address="203.0.113.9",
        created_at=at,
        token_expires_at=at,
    )


def token(of: ChatSession, *, at: datetime) -> None:
    ChatToken.objects.create(jti=uuid.uuid4(), session=of, issued_at=at, expires_at=at)


def test_tokens_are_counted_by_the_hour_for_a_day(superuser: User) -> None:
    one = session(superuser, at=NOW)
    for minutes in (0, 29, 31, 91, 23 * 60 + 29, 23 * 60 + 31):
        token(one, at=NOW - timedelta(minutes=minutes))
    hours = tokens_per_hour(now=NOW)
    assert len(hours) == 24
    assert [hour.tokens for hour in hours[-3:]] == [1, 1, 2]
    assert hours[0].tokens == 1
    assert sum(hour.tokens for hour in hours) == 5


def test_no_more_tokens_are_counted_than_the_bound(superuser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "PER_HOUR_LIMIT", 2)
    one = session(superuser, at=NOW)
    for _token in range(5):
        token(one, at=NOW)
    assert tokens_per_hour(now=NOW)[-1].tokens == 2


def test_sessions_of_the_last_day_by_queue(superuser: User) -> None:
    for queue, count in ((1, 3), (2, 1), (None, 2)):
        for _session in range(count):
            session(superuser, at=NOW, queue=queue)
    session(superuser, at=NOW - timedelta(hours=25))
    assert sessions_by_queue(now=NOW) == [("General", 3), ("", 2), ("Priority", 1)]


def test_no_more_sessions_are_looked_at_than_the_bound(superuser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "LATEST_SESSIONS", 2)
    for _session in range(5):
        session(superuser, at=NOW)
    assert sessions_by_queue(now=NOW) == [("General", 2)]


def test_refusals_of_the_last_day_by_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for hours, reason in ((0, "wrong-password"), (1, "wrong-password"), (2, "unknown-user"), (25, "unknown-user")):
        record(event=Event.SIGN_IN_FAILED, reason=reason, now=NOW - timedelta(hours=hours))
    record(event=Event.ADMIN_SIGNED_IN, now=NOW)
    record(event=Event.OAUTH_TOKEN_ISSUED, reason="authorization_code", now=NOW)
    expected = [(Event.SIGN_IN_FAILED, "wrong-password", 2), (Event.SIGN_IN_FAILED, "unknown-user", 1)]
    assert refusals_by_reason(now=NOW) == expected
    monkeypatch.setattr(refusals, "LATEST_REFUSALS", 1)
    assert sum(count for _event, _reason, count in refusals_by_reason(now=NOW)) == 1


def test_refusals_are_read_once_and_no_more_of_them_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked for by their keys a second time, the whole audit log would be read for them."""
    monkeypatch.setattr(refusals, "LATEST_REFUSALS", 2)
    for _ in range(4):
        record(event=Event.SIGN_IN_FAILED, reason="wrong-password", now=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert refusals_by_reason(now=NOW) == [(Event.SIGN_IN_FAILED, "wrong-password", 2)]
    (query,) = queries.captured_queries
    assert query["sql"].count('FROM "authenticate_app_auditevent"') == 1
    assert "LIMIT 2" in query["sql"]


@pytest.mark.parametrize(
    "event",
    [
        Event.SIGN_IN_THROTTLED,
        Event.SECOND_STEP_FAILED,
        Event.PASSKEY_REFUSED,
        Event.TOKEN_REFUSED,
        Event.BEARER_REFUSED,
        Event.OAUTH_CLIENT_REFUSED,
        Event.OAUTH_TOKEN_REFUSED,
    ],
)
def test_whatever_is_refused_is_among_the_refusals(event: Event) -> None:
    record(event=event, reason="why", now=NOW)
    assert refusals_by_reason(now=NOW) == [(event, "why", 1)]


def test_an_empty_start_page_says_what_comes_next(admin: Browser) -> None:
    page = admin.get("/admin/").content.decode()
    for sentence in ("No token was issued", "No chat session began", "Nobody was refused", "No key signs"):
        assert sentence in page


def test_every_chart_stands_there_as_a_table_too(admin: Browser, superuser: User) -> None:
    token(session(superuser, at=timezone.now()), at=timezone.now())
    response = admin.get("/admin/")
    charts = {chart.id: chart for chart in response.context["charts"]}
    assert charts["tokens"].total == 1
    data = json.loads(charts["queues"].data)
    assert (data["labels"], data["datasets"][0]["data"]) == (["General"], [1])
    assert '<th scope="row">General</th><td>1</td>' in response.content.decode()


def test_many_reasons_are_added_up(admin: Browser) -> None:
    for number in range(MOST_BARS + 3):
        record(event=Event.TOKEN_REFUSED, reason=f"CHAT-{number}")
    [refused] = [chart for chart in admin.get("/admin/").context["charts"] if chart.id == "refusals"]
    assert len(refused.rows) == MOST_BARS + 1
    assert refused.rows[-1] == ("others", 3)
    assert refused.total == MOST_BARS + 3


def test_a_supervisor_sees_charts_but_no_keys(signed_in: SignedIn, signing_key: Any) -> None:
    page = signed_in("CHATAUTH_SUPERVISOR").get("/admin/").content.decode()
    assert "Tokens per hour" in page
    assert "trustservice" not in page


def test_the_number_of_queries_is_fixed(
    admin: Browser, superuser: User, signing_key: Any, django_assert_max_num_queries: Any
) -> None:
    for _session in range(20):
        token(session(superuser, at=timezone.now()), at=timezone.now())
    with django_assert_max_num_queries(16):
        page = admin.get("/admin/")
    assert page.context["charts"]
