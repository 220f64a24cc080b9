"""How many queries an answer costs. Outside of a transaction, as on the server."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from authenticate_app.keys.keyring import keyring
from authenticate_app.oauth.clients import clients
from authenticate_app.revisions.listener import listener
from tests.oauth.flow import (
    Registered,
    ask_token,
    body_of,
    code_for,
    exchange,
    introspect,
    refresh,
    revoke,
    store_person,
    userinfo,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ready")]
NOT_COUNTED = {"BEGIN", "COMMIT", "ROLLBACK"}


@pytest.fixture
def settled(web: Registered, integration: Registered) -> Iterator[None]:
    """This process has heard of everything, and remembers it."""
    assert listener.wait_until_connected(timeout=15)
    wait_until(lambda: not queries(lambda: (keyring.current(), clients.current())))
    yield
    listener.stop()


def queries(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        act()
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if sql.split()[0].rstrip(";") not in NOT_COUNTED]


@pytest.mark.usefixtures("settled")
def test_the_way_of_a_code(web: Registered) -> None:
    person = store_person()
    code = code_for(web, person)
    answers = []
    assert len(queries(lambda: answers.append(exchange(web, code)))) <= 5
    tokens = body_of(answers[0])
    assert len(queries(lambda: refresh(web, tokens["refresh_token"]))) <= 4
    assert len(queries(lambda: introspect(web, tokens["access_token"]))) == 1
    assert len(queries(lambda: introspect(web, "x"))) <= 2
    assert len(queries(lambda: introspect(web, tokens["refresh_token"]))) == 2
    assert len(queries(lambda: userinfo(tokens["access_token"]))) == 1
    assert len(queries(lambda: revoke(web, tokens["access_token"]))) <= 6


@pytest.mark.usefixtures("settled")
def test_client_credentials(integration: Registered) -> None:
    form = {"grant_type": "client_credentials"}
    assert len(queries(lambda: body_of(ask_token(form, headers=integration.authorization)))) <= 2


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server", "jwks.json"])
def test_what_is_public_costs_none(name: str) -> None:
    assert queries(lambda: Browser().get(f"/.well-known/{name}", secure=True)) == []
