from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from chatauth_project.database import bound_statements, database_settings

TIMEOUT = timedelta(seconds=7)


def settings_of(*, behind_pooler: bool = False, query: str = "") -> dict[str, object]:
    url = f"postgresql://somebody@/chatauth?host=%2Ftmp{query}"
    database = database_settings(url, connect_timeout_seconds=3, behind_pooler=behind_pooler)
    bound_statements(database, timeout=TIMEOUT)
    options: dict[str, object] = database["OPTIONS"]
    return options


def test_statements_of_requests_are_bounded() -> None:
    assert settings_of()["options"] == "-c statement_timeout=7000 -c lock_timeout=5000"


def test_options_of_the_url_are_kept() -> None:
    options = settings_of(query="&options=-c%20search_path%3Dchat")["options"]
    assert options == "-c search_path=chat -c statement_timeout=7000 -c lock_timeout=5000"


def test_sessions_of_a_pooler_are_left_alone() -> None:
    assert "options" not in settings_of(behind_pooler=True)


@pytest.mark.django_db
def test_the_database_gives_up_a_statement_that_takes_too_long() -> None:
    database = {"OPTIONS": {"prepare_threshold": 5}}
    bound_statements(database, timeout=timedelta(milliseconds=20))
    parameters = connection.get_connection_params()
    parameters.update(options=database["OPTIONS"]["options"], context=None)
    own = {name: value for name, value in parameters.items() if name not in {"context", "cursor_factory"}}
    with psycopg.connect(**own) as bounded, pytest.raises(psycopg.OperationalError, match="statement timeout"):
        bounded.execute("SELECT pg_sleep(60)")


def test_tests_and_commands_are_not_bounded() -> None:
    assert "options" not in settings.DATABASES["default"]["OPTIONS"]
