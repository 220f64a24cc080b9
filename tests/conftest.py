"""A real PostgreSQL for every run of the tests: the one of ``DATABASE_URL``, or one of the run's own."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from tests.databases import forget, made
from tests.environment import CLUSTER_VARIABLE, MIGRATED, database_of_this_run

settings.register_profile("chatauth", deadline=None)  # a busy machine is no fault of the code under test
settings.load_profile("chatauth")


def _starts_the_database(config: pytest.Config) -> bool:
    """The first process starts the database, for the helpers of pytest-xdist as well."""
    return not _is_helper(config) and CLUSTER_VARIABLE in os.environ


def _is_helper(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _starts_the_database(config):
        database_of_this_run().start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _starts_the_database(config):
        cluster = database_of_this_run()
        cluster.stop("immediate")
        shutil.rmtree(cluster.data, ignore_errors=True)
    elif not _is_helper(config):
        forget()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Have the database made that those of the processes are copies of."""
    made(MIGRATED)


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


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Hashes that cost next to nothing: what a test of accounts looks at is what becomes of them."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "memory_cost", 8)
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        yield
