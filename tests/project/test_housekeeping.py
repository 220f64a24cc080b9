from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from chatauth_project import housekeeping

NOW = datetime(2026, 1, 2, tzinfo=UTC)
seen: list[datetime] = []


def note(now: datetime) -> int:
    seen.append(now)
    return 3


def fail(now: datetime) -> int:
    raise RuntimeError(f"not today, {now:%A}")


def begin_again(now: datetime) -> int:
    return len(housekeeping.run_all(now=now))


NOTE, FAIL, BEGIN_AGAIN = f"{__name__}.note", f"{__name__}.fail", f"{__name__}.begin_again"


@pytest.fixture(autouse=True)
def _steps(settings: Settings) -> None:
    seen.clear()
    settings.HOUSEKEEPING = [NOTE]


@pytest.mark.django_db
def test_every_step_runs_with_the_time_and_tells_what_it_changed() -> None:
    assert housekeeping.run_all(now=NOW) == {NOTE: 3}
    assert seen == [NOW]


@pytest.mark.django_db
def test_a_step_that_fails_does_not_stop_the_next_and_is_logged(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.HOUSEKEEPING = [FAIL, f"{__name__}.missing", NOTE]
    assert housekeeping.run_all(now=NOW) == {FAIL: None, f"{__name__}.missing": None, NOTE: 3}
    assert "not today, Friday" in capsys.readouterr().err


@pytest.mark.django_db
def test_only_one_process_of_all_hosts_does_it() -> None:
    with _other_session() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [housekeeping.ONE_AT_A_TIME])
        assert housekeeping.run_all(now=NOW) == {}
        other.execute("SELECT pg_advisory_unlock_all()")
    assert housekeeping.run_all(now=NOW) == {NOTE: 3}


@pytest.mark.django_db
def test_only_one_thread_of_a_process_does_it(settings: Settings) -> None:
    settings.HOUSEKEEPING = [BEGIN_AGAIN, NOTE]
    assert housekeeping.run_all(now=NOW) == {BEGIN_AGAIN: 0, NOTE: 3}


@pytest.mark.django_db
def test_the_next_process_may_follow() -> None:
    housekeeping.run_all(now=NOW)
    with _other_session() as other:
        row = other.execute("SELECT pg_try_advisory_lock(%s)", [housekeeping.ONE_AT_A_TIME]).fetchone()
        assert row == (True,)


@pytest.mark.django_db
def test_the_command_fails_when_a_step_failed(settings: Settings) -> None:
    out = StringIO()
    call_command("housekeeping", stdout=out)
    assert out.getvalue() == f"{NOTE}: 3\n"
    settings.HOUSEKEEPING = [FAIL]
    with pytest.raises(CommandError, match="the log says why"):
        call_command("housekeeping", stdout=out)


@pytest.mark.django_db
def test_every_registered_step_runs_on_an_empty_database(settings: Settings) -> None:
    from chatauth_project import settings as of_product

    settings.HOUSEKEEPING = of_product.HOUSEKEEPING
    assert None not in housekeeping.run_all(now=datetime.now(UTC)).values()


def _other_session() -> psycopg.Connection:
    wanted = ("host", "port", "user", "password", "dbname")
    parameters = connection.get_connection_params()
    return psycopg.connect(**{name: parameters[name] for name in wanted if name in parameters}, autocommit=True)


@pytest.mark.django_db
def test_expired_sign_ins_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authenticate_app.purging.BATCH", 2)
    past, future = NOW - timedelta(seconds=1), NOW + timedelta(hours=1)
    for key, expires in {**dict.fromkeys(["old", "older", "oldest"], past), "new": future}.items():
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    assert housekeeping.purge_sign_ins(NOW) == 3
    assert [session.session_key for session in Session.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_works_on_are_left_for_the_next_time() -> None:
    for key in ("free", "locked"):
        Session.objects.create(session_key=key, session_data="", expire_date=NOW - timedelta(seconds=1))
    with _other_session() as other, other.transaction():
        other.execute("SELECT 1 FROM django_session WHERE session_key = 'locked' FOR UPDATE")
        assert housekeeping.purge_sign_ins(NOW) == 1
    assert housekeeping.purge_sign_ins(NOW) == 1
