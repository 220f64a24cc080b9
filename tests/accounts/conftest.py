import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User

PASSWORD = "correct horse"
Requests = Callable[..., Request]


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user("dcsadmin1", PASSWORD, email="Admin@Vision.com", email_verified=True)
    user.groups.add(Group.objects.get(name=SELF_SERVICE_USER))
    return user


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def request_from() -> Requests:
    def make(authorization: str = "", address: str = "192.0.2.1", **meta: Any) -> Request:
        headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
        return Request(APIRequestFactory().post("/", REMOTE_ADDR=address, **headers, **meta))

    return make
