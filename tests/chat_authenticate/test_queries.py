"""How many queries an answer costs. Outside of a transaction, as on the server."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authenticate_app.accounts.memory import forget_everything
from authenticate_app.keys.keyring import keyring
from authenticate_app.revisions.listener import listener
from chat_app.routing.snapshot import routing
from tests.waiting import wait_until
from tests.world import CUSTOMER, ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("world", "settled"),
]


@pytest.fixture
def settled(world: None) -> Iterator[None]:
    """This process has heard of everything that the world is made of, and remembers it."""
    assert listener.wait_until_connected(timeout=15)
    wait_until(lambda: all(_is_free(topic.current) for topic in (keyring, routing)))
    yield
    listener.stop()


def _is_free(act: Callable[[], object]) -> bool:
    return not queries(act)


def queries(act: Callable[[], object]) -> list[str]:
    """Run it, and return its statements; begin and commit do not count."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if sql.split()[0].rstrip(";") not in {"BEGIN", "COMMIT", "ROLLBACK"}]


def status(expected: int, **asking: object) -> Callable[[], None]:
    def act() -> None:
        assert ask(**asking).status_code == expected  # type: ignore[arg-type]

    return act


def test_a_first_call_costs_three_at_most() -> None:
    assert 1 < len(queries(status(201))) <= 3


def test_a_remembered_caller_costs_one() -> None:
    status(201)()
    assert len(queries(status(201))) == 1
    assert len(queries(status(201, attributes={"resumeType": "RESUME"}))) == 1


def test_a_caller_who_was_forgotten_costs_as_a_first_call() -> None:
    status(201)()
    forget_everything()
    assert len(queries(status(201))) <= 3


def test_values_of_users_cost_one_more() -> None:
    from authenticate_app.accounts.models import User
    from tests.world import set_option

    set_option("SVC_ENABLE_CHAT", "Yes", user=User.objects.get(username=CUSTOMER))
    status(201)()
    wait_until(lambda: _is_free(routing.current))
    assert len(queries(status(201))) == 2


def test_the_key_set_costs_none() -> None:
    assert queries(status(200, method="GET", address="/.well-known/jwks.json")) == []


@pytest.mark.parametrize(
    ("asking", "expected", "most"),
    [
        ({"body": b"["}, 400, 3),  # the account read afresh, and the two topics
        ({"attributes": {"colour": "red"}}, 400, 3),
        ({"caller": CUSTOMER}, 403, 4),  # the refusal is audited
    ],
    ids=["not JSON", "unknown attribute", "another's token"],
)
def test_a_refusal_from_memory_is_made_sure_of_at_a_bounded_cost(
    asking: dict[str, object], expected: int, most: int
) -> None:
    status(201)()
    status(201, caller=CUSTOMER, attributes={"authUserName": CUSTOMER})()
    assert 1 <= len(queries(status(expected, **asking))) <= most


@pytest.mark.parametrize(
    "asking",
    [
        {"method": "GET"},
        {"headers": {"Authorization": None}},
        {"headers": {"Authorization": "Basic !"}},
        {"headers": {"Accept": "text/html"}},
        {"headers": {"REST-Framework-Version": "x"}},
        {"method": "OPTIONS"},
        {"address": "/crmRestApi/nowhere"},
    ],
    ids=str,
)
def test_what_needs_no_caller_costs_none(asking: dict[str, object]) -> None:
    assert queries(lambda: ask(**asking)) == []  # type: ignore[arg-type]
