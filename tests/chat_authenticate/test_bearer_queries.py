"""How many queries a call with an access token costs. Outside of a transaction, as on the server."""

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth.bearer_sign_in import forget_everything
from authenticate_app.oauth.models import AccessToken
from tests.chat_authenticate.test_queries import queries, settled, status
from tests.tokens import bearer, store_integration, store_token
from tests.world import CALLER

__all__ = ["settled"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world", "settled")]


@pytest.fixture
def token() -> str:
    forget_everything()
    return store_token(store_integration(User.objects.get(username=CALLER)))


def test_a_first_call_costs_two_and_every_other_one(token: str) -> None:
    status(201)()  # keys and routing are known
    assert len(queries(status(201, headers=bearer(token)))) == 2
    assert len(queries(status(201, headers=bearer(token)))) == 1
    assert len(queries(status(201, headers=bearer(token), attributes={"resumeType": "RESUME"}))) == 1


def test_a_change_of_the_client_costs_a_bounded_number_more(token: str) -> None:
    status(201, headers=bearer(token))()
    AccessToken.objects.all().delete()
    # the statement that finds it out, the token read afresh, the audit event
    assert len(queries(status(401, headers=bearer(token)))) <= 3


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b"])
def test_a_malformed_header_costs_none(header: str) -> None:
    assert queries(status(400, headers={"Authorization": header})) == []


def test_an_unknown_token_costs_one_once_it_is_audited() -> None:
    forget_everything()
    assert len(queries(status(401, headers=bearer("unknown")))) == 2
    assert len(queries(status(401, headers=bearer("unknown")))) == 1
