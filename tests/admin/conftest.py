from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from authenticate_app.accounts.models import User
from authenticate_app.keys.models import SigningKey
from chat_app.routing.demonstration import load
from tests.pages import Browser
from tests.world import store_signing_key

__all__ = ["Browser"]

PASSWORD = "correct horse battery"


@pytest.fixture
def routing_data(db: None) -> None:
    load({})


@pytest.fixture
def signing_key(db: None) -> SigningKey:
    return store_signing_key()


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD)


SignedIn = Callable[..., Browser]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """Make a browser in which a user of the admin with these roles is signed in."""

    def make(*roles: str, name: str = "staff@example.com") -> Browser:
        user = User.objects.create_user(name, PASSWORD, is_staff=True)
        user.groups.set(Group.objects.filter(name__in=roles))
        browser = Browser()
        browser.force_login(user)
        return browser

    return make


@pytest.fixture
def admin(superuser: User) -> Browser:
    browser = Browser()
    browser.force_login(superuser)
    return browser
