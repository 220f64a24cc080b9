import json
from collections.abc import Callable
from typing import Any

import pytest

from authenticate_app.messages.models import Business, Conversation
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.scopes import MESSAGES
from tests.messages.world import business, conversation
from tests.pages import Browser
from tests.tokens import store_integration, store_token
from tests.world import nothing_remembered, store_user

__all__ = ["nothing_remembered"]

BASE = "/api/messages/v1"


@pytest.fixture
def shop(db: None, nothing_remembered: None) -> Business:
    return business()


@pytest.fixture
def chat(shop: Business) -> Conversation:
    return conversation(shop)


@pytest.fixture
def integration(shop: Business) -> Client:
    """An integration that reaches the shop."""
    client = store_integration(store_user("integration"), allowed_scopes=MESSAGES)
    shop.api_clients.add(client)
    return client


@pytest.fixture
def token(integration: Client) -> str:
    return store_token(integration, scope=MESSAGES)


Call = Callable[..., Any]


@pytest.fixture
def call(token: str) -> Call:
    """Call the API as the integration."""

    def send(method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        if "json" in options:
            options |= {"data": json.dumps(options.pop("json")), "content_type": "application/json"}
        return Browser().generic(method, path if path.startswith("http") else BASE + path, headers=headers, **options)

    return send
