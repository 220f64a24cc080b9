from datetime import UTC, datetime

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin

NOW = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
ORIGIN = Origin("192.0.2.1", "request-1")


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane@example.com", email="jane@example.com", email_verified=True)
