"""The list of chat sessions: every page costs the same, whatever the table's size."""

import uuid
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit import paging
from authenticate_app.audit.paging import first_key_since
from chat_app.sessions import admin as sessions_admin
from chat_app.sessions.models import ChatSession, ChatToken
from tests.admin.conftest import Browser

LIST = reverse("admin:chat_app_chatsession_changelist")

pytestmark = pytest.mark.usefixtures("routing_data")


@pytest.fixture
def sessions(superuser: User) -> list[ChatSession]:
    """120 sessions, one a minute until now; each third one engaged, each tenth one in queue 2."""
    now = timezone.now()
    return ChatSession.objects.bulk_create(
        ChatSession(
            caller=superuser,
            auth_user_name=f"user{number % 40:02}@example.com",
            interface_id=1,
            queue_id=2 if number % 10 == 0 else 1,
            state="engaged" if number % 3 == 0 else "authenticated",
            resumable=None,
            request={"question": "<b>Where</b> is it?"},
            client_address="203.0.113.9",
            created_at=now - timedelta(minutes=119 - number),
            token_expires_at=now + timedelta(minutes=number - 60),
        )
        for number in range(120)
    )


def shown(response: Any) -> list[int]:
    assert response.status_code == HTTPStatus.OK
    return [session.pk for session in response.context["cl"].result_list]


def all_pages(admin: Browser, address: str) -> list[int]:
    keys: list[int] = []
    for _page in range(20):
        response = admin.get(address)
        keys += shown(response)
        changes = response.context["cl"]
        if changes.next_before is None:
            return keys
        address = LIST + changes.older_address()
    raise AssertionError("the pages do not end")


def test_all_pages_together_show_every_session_once_newest_first(admin: Browser, sessions: list[ChatSession]) -> None:
    assert all_pages(admin, LIST) == [session.pk for session in reversed(sessions)]


@pytest.mark.parametrize("scan_limit", [7, 60, 1000])
def test_filters_find_everything_however_far_a_page_looks(
    admin: Browser, sessions: list[ChatSession], monkeypatch: pytest.MonkeyPatch, scan_limit: int
) -> None:
    monkeypatch.setattr(paging, "SCAN_LIMIT", scan_limit)
    engaged = [session.pk for session in reversed(sessions) if session.state == "engaged"]
    assert all_pages(admin, LIST + "?state=engaged") == engaged


def test_a_page_that_found_too_few_says_how_far_it_looked(
    admin: Browser, sessions: list[ChatSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "SCAN_LIMIT", 7)
    page = admin.get(LIST + "?state=concluded").content.decode()
    assert "Looked through 7 rows" in page
    assert "Look further back" in page


def test_expired_and_authenticated_are_told_apart(admin: Browser, sessions: list[ChatSession]) -> None:
    now = timezone.now()
    authenticated = [each for each in reversed(sessions) if each.state == "authenticated"]
    alive = [each.pk for each in authenticated if each.token_expires_at > now]
    expired = [each.pk for each in authenticated if each.token_expires_at <= now]
    assert all_pages(admin, LIST + "?state=authenticated") == alive
    assert all_pages(admin, LIST + "?state=expired") == expired


def test_sessions_of_one_queue(admin: Browser, sessions: list[ChatSession]) -> None:
    expected = [each.pk for each in reversed(sessions) if each.queue_id == 2]
    assert all_pages(admin, LIST + "?queue=2") == expected


def test_search_by_the_beginning_of_the_name(admin: Browser, sessions: list[ChatSession]) -> None:
    expected = [each.pk for each in reversed(sessions) if each.auth_user_name.startswith("user07")]
    assert shown(admin.get(LIST + "?q=user07")) == expected
    assert shown(admin.get(LIST + "?q=ser07")) == []
    assert shown(admin.get(LIST + "?q=USER07")) == []


def test_a_search_that_finds_too_much_says_so(
    admin: Browser, sessions: list[ChatSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_admin, "SEARCH_LIMIT", 5)
    response = admin.get(LIST + "?q=user")
    assert len(shown(response)) == 5
    assert "Write more of the name" in response.content.decode()


def test_days(admin: Browser, sessions: list[ChatSession]) -> None:
    long_ago = datetime(2020, 5, 17, 12, tzinfo=UTC)
    oldest = sessions[0]
    ChatSession.objects.filter(pk=oldest.pk).update(created_at=long_ago)
    assert all_pages(admin, LIST + "?from=2020-05-17&to=2020-05-17") == [oldest.pk]
    assert all_pages(admin, LIST + "?to=2020-05-16") == []
    assert len(all_pages(admin, LIST + "?from=2020-05-18")) == 119
    assert len(all_pages(admin, LIST + "?from=&to=9999-12-31")) == 120


@pytest.mark.parametrize(
    "query",
    ["?before=abc", "?before=-1", f"?before={10**30}", "?from=x&to=y", "?queue=x", "?state=x", "?q=%25"],
)
def test_nonsense_in_the_address_does_no_harm(admin: Browser, sessions: list[ChatSession], query: str) -> None:
    assert admin.get(LIST + query, follow=True).status_code == HTTPStatus.OK


def test_a_nul_character_is_refused_since_the_database_cannot_look_for_one(admin: Browser) -> None:
    assert admin.get(LIST + "?q=%00").status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("query", ["", "?state=engaged", "?queue=2", "?q=user0", "?_facets=True"])
def test_nothing_is_counted(admin: Browser, sessions: list[ChatSession], query: str) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        admin.get(LIST + query)
    of_sessions = [each["sql"] for each in queries if "chat_app_chatsession" in each["sql"]]
    assert of_sessions
    assert all("COUNT(" not in sql and "LIMIT" in sql for sql in of_sessions)


def test_the_number_of_queries_does_not_grow_with_the_page(
    admin: Browser, sessions: list[ChatSession], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        page = admin.get(LIST)
    assert len(page.context["cl"].result_list) > 1


def test_a_session_whose_user_is_gone_is_shown(admin: Browser, sessions: list[ChatSession]) -> None:
    gone = User.objects.create_user("gone@example.com", None)
    session = sessions[0]
    ChatSession.objects.filter(pk=session.pk).update(caller=gone, queue_id=999)
    ChatToken.objects.create(
        jti=uuid.uuid4(), session=session, issued_at=session.created_at, expires_at=session.token_expires_at
    )
    User.objects.filter(pk=gone.pk).delete()
    page = admin.get(reverse("admin:chat_app_chatsession_change", args=[session.pk])).content.decode()
    assert f"deleted user {gone.pk}" in page
    assert "&lt;b&gt;Where&lt;/b&gt; is it?" in page
    assert session.pk in all_pages(admin, LIST)


def test_a_session_that_is_not_there(admin: Browser) -> None:
    address = reverse("admin:chat_app_chatsession_change", args=[4711])
    assert admin.get(address).status_code == HTTPStatus.FOUND


def test_first_key_since(sessions: list[ChatSession]) -> None:
    rows = ChatSession.objects.all()
    for session in sessions[::10]:
        assert first_key_since(rows, session.created_at, time_of="created_at") == session.pk
    after_all = sessions[-1].created_at + timedelta(seconds=1)
    assert first_key_since(rows, after_all, time_of="created_at") == sessions[-1].pk + 1


def test_first_key_of_an_empty_table(db: None) -> None:
    assert first_key_since(ChatSession.objects.all(), timezone.now(), time_of="created_at") <= 1
