"""A real PostgreSQL for every run of the tests: the one of ``DATABASE_URL``, or one of the run's own."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from tests.environment import CLUSTER_VARIABLE, database_of_this_run

settings.register_profile("chatauth", deadline=None)  # a busy machine is no fault of the code under test
settings.load_profile("chatauth")


def _starts_the_database(config: pytest.Config) -> bool:
    """The first process starts the database, for the helpers of pytest-xdist as well."""
    is_helper = hasattr(config, "workerinput")
    return not is_helper and CLUSTER_VARIABLE in os.environ


def pytest_configure(config: pytest.Config) -> None:
    if _starts_the_database(config):
        database_of_this_run().start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _starts_the_database(config):
        cluster = database_of_this_run()
        cluster.stop("immediate")
        shutil.rmtree(cluster.data, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the browser come last: from its start on, Playwright's loop counts as running between tests, too.

    Django refuses to touch a connection then, even to close it.
    """
    items.sort(key=lambda item: "chromium" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what migrations stored, and let go of the test database before it is dropped."""
    from authenticate_app.revisions.listener import listener
    from tests import pristine

    with django_db_blocker.unblock():
        pristine.keep()
    yield
    listener.stop()


@pytest.fixture(autouse=True)
def no_remembered_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users of one test are no users of the next, and nobody is wary because of the one before."""
    from authenticate_app.accounts import sign_in
    from authenticate_app.accounts.memory import forget_everything
    from authenticate_app.accounts.room import Room

    forget_everything()
    monkeypatch.setattr(sign_in, "room", Room())


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost next to nothing, for tests of something else."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8)
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)
