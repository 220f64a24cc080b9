"""Who is told of authorization requests."""

from datetime import datetime

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth import observers
from authenticate_app.oauth.models import Client
from tests.oauth.flow import STATE, Registered, asking, authorize, decide, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


class Witness:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __call__(self, client: Client, unverified_state: str, now: datetime) -> None:
        assert now.tzinfo is not None
        self.seen.append((client.client_id, unverified_state))


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    monkeypatch.setattr(observers, "_observers", [])
    here = Witness()
    observers.register(here)
    observers.register(here)
    return here


def test_a_good_request_is_told_at_every_step(web: Registered, person: User, witness: Witness) -> None:
    from django.test import Client as Browser

    authorize(Browser(), asking(web))
    assert witness.seen == [("web-1", STATE)]
    decide(signed_in(person), asking(web))
    assert witness.seen == [("web-1", STATE)] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://www.example.com/elsewhere"},
        {"scope": "everything"},
        {"code_challenge": None},
        {"state": None},
    ],
)
def test_others_are_not_told(web: Registered, person: User, witness: Witness, changes: dict[str, str | None]) -> None:
    authorize(signed_in(person), asking(web, **changes))
    assert witness.seen == []
