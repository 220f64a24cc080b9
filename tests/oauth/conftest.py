from collections.abc import Iterator

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.services import set_new_secret
from tests.oauth.flow import Registered, register, store_person
from tests.tokens import store_integration
from tests.world import nothing_remembered, store_signing_key, store_user

__all__ = ["nothing_remembered"]


@pytest.fixture
def ready(db: None, nothing_remembered: None) -> Iterator[None]:
    """A server that can sign, and that remembers nothing of the test before."""
    clients.forget()
    store_signing_key()
    yield
    clients.forget()


@pytest.fixture
def web(ready: None) -> Registered:
    return register()


@pytest.fixture
def person(ready: None) -> User:
    return store_person()


@pytest.fixture
def integration(ready: None) -> Registered:
    row = store_integration(store_user("service"))
    secret = set_new_secret(row)
    row.save()
    return Registered(row, secret)
