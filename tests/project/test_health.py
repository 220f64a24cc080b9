from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.test import Client

from authenticate_app.keys.services import ensure_signing_key
from chatauth_project import health


@pytest.fixture(autouse=True)
def _not_yet_migrated() -> Iterator[None]:
    health.forget_migrations()
    yield
    health.forget_migrations()


@pytest.mark.django_db
def test_not_ready_without_a_signing_key() -> None:
    response = Client().get("/readyz")
    assert response.status_code == 503
    (reason,) = response.json()["reasons"]
    assert "signing key" in reason


@pytest.mark.django_db
def test_ready_with_a_signing_key() -> None:
    ensure_signing_key(now=datetime.now(UTC))
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'chat_app'")
    assert "run manage.py migrate" in Client().get("/readyz").json()["reasons"][0]


@pytest.mark.django_db
def test_not_ready_without_a_database() -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(away):
        assert Client().get("/readyz").json()["reasons"] == [health.NO_DATABASE]


def test_alive_without_anything_else() -> None:
    assert Client().get("/healthz").json() == {"status": "alive"}


def test_only_reading_is_allowed() -> None:
    assert Client().post("/healthz").status_code == 405
