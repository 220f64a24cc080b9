from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from authenticate_app.time_ordered import new_time_ordered_id
from chat_app.sessions import purge
from chat_app.sessions.models import ChatSession, ChatToken

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def make_sessions(ages: list[timedelta]) -> None:
    """Sessions and a token each, oldest first as time makes them."""
    for age in sorted(ages, reverse=True):
        at = NOW - age
        session = ChatSession.objects.create(
            caller_id=1,
            auth_user_name=f"user {age}",
            interface_id=1,
            request={},
            client_address="192.0.2.1",
            created_at=at,
            token_expires_at=at,
        )
        ChatToken.objects.create(jti=new_time_ordered_id(at=at), session=session, issued_at=at, expires_at=at)


@pytest.mark.django_db
@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_what_is_older_than_its_retention_leaves(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    settings.SESSION_RETENTION, settings.TOKEN_RETENTION = 10 * DAY, 2 * DAY
    monkeypatch.setattr(purge, "BATCH", batch)
    make_sessions([DAY, 3 * DAY, 9 * DAY, 11 * DAY, 12 * DAY, 30 * DAY])

    assert purge.purge_tokens(NOW) == 5
    assert purge.purge_sessions(NOW) == 3

    assert [session.created_at for session in ChatSession.objects.all()] == [NOW - DAY, NOW - 3 * DAY, NOW - 9 * DAY]
    assert [token.issued_at for token in ChatToken.objects.all()] == [NOW - DAY]
    assert purge.purge_tokens(NOW) == purge.purge_sessions(NOW) == 0


@pytest.mark.django_db
def test_an_empty_table_has_nothing_to_purge() -> None:
    assert purge.purge_sessions(NOW) == purge.purge_tokens(NOW) == 0
