"""What an administrator changes counts from the very next request, in every process."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from tests.serving import PASSWORD, Installation, ask
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

AT_ONCE = 4
"""For callers who are remembered; a first call costs a hash, and a worker that is busy with one answers 503."""
_queues = count(1000)


def everywhere(clients: list[httpx.Client], *, at_once: int = 1, **asking: Any) -> list[httpx.Response]:
    """Ask on every connection, so many at the same time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda client: ask(client, **asking), clients))


def warm_up(clients: list[httpx.Client], **asking: Any) -> None:
    """Let every process remember the caller and whatever the answer is made from."""
    for _ in range(2):
        assert {response.status_code for response in everywhere(clients, **asking)} == {201}


def statuses(responses: list[httpx.Response]) -> set[int]:
    return {response.status_code for response in responses}


def queues(responses: list[httpx.Response]) -> set[str]:
    assert statuses(responses) == {201}
    return {response.json()["queueId"] for response in responses}


@pytest.mark.parametrize(
    ("deed", "status"),
    [
        ({"deed": "disable"}, 401),
        ({"deed": "set_password", "password": "another horse"}, 401),
        ({"deed": "take_roles"}, 403),
        ({"deed": "set_option_of_user", "code": "SVC_ENABLE_CHAT", "value": "No"}, 403),
    ],
    ids=lambda value: value["deed"] if isinstance(value, dict) else "",
)
def test_a_change_of_the_caller(
    installed: Installation, clients: list[httpx.Client], name: str, deed: dict[str, str], status: int
) -> None:
    warm_up(clients, caller=name)
    installed.administrator.do(name=name, **deed)
    assert statuses(everywhere(clients, caller=name)) == {status}


def test_the_new_password_is_good_at_once(installed: Installation, clients: list[httpx.Client], name: str) -> None:
    warm_up(clients, caller=name)
    installed.administrator.do("set_password", name=name, password="another horse")
    assert statuses(everywhere(clients, caller=name, password="another horse")) == {201}
    assert statuses(everywhere(clients[:4], caller=name, password=PASSWORD)) == {401}


def test_an_entitlement_of_a_role(installed: Installation, clients: list[httpx.Client]) -> None:
    role = "a role of this test's own"
    installed.administrator.do("store_role", name=role)
    administrator, self_service = installed.administrator, "ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT"
    administrator.do("take_entitlements", role=self_service)
    try:
        name = installed.new_user(self_service, "SVC_CHAT_ON_BEHALF_CALLER", role)
        warm_up(clients, caller=name)
        administrator.do("take_entitlements", role=role)
        assert statuses(everywhere(clients, caller=name)) == {403}
        administrator.do("give_entitlement", role=role)
        assert statuses(everywhere(clients, caller=name)) == {201}
    finally:
        administrator.do("give_entitlement", role=self_service)


@pytest.mark.parametrize("wished", [True, False], ids=["by request", "by rule"])
def test_a_queue_and_a_rule(installed: Installation, clients: list[httpx.Client], wished: bool) -> None:
    administrator = installed.administrator
    first, second = next(_queues), next(_queues)
    for number in (first, second):
        administrator.do("store_queue", number=number)
    rule = f"Rule of {first}"
    asking: dict[str, Any] = {"queueId": first} if wished else {"question": rule}
    if not wished:
        administrator.do("store_rule", name=rule, queue=first, question=rule)
    warm_up(clients, **asking)
    assert queues(everywhere(clients, at_once=AT_ONCE, **asking)) == {str(first)}
    administrator.do("enable_queue", number=first, enabled=False)
    assert queues(everywhere(clients, at_once=AT_ONCE, **asking)) == {"1"}
    administrator.do("enable_queue", number=first, enabled=True)
    assert queues(everywhere(clients, at_once=AT_ONCE, **asking)) == {str(first)}
    if not wished:
        administrator.do("point_rule", name=rule, queue=second)
        assert queues(everywhere(clients, at_once=AT_ONCE, **asking)) == {str(second)}
        administrator.do("delete_rule", name=rule)
        assert queues(everywhere(clients, at_once=AT_ONCE, **asking)) == {"1"}


@pytest.mark.parametrize(("value", "queue"), [("Yes", None), ("No", "1")])
def test_a_profile_option(installed: Installation, clients: list[httpx.Client], value: str, queue: str | None) -> None:
    asking: dict[str, Any] = {"stripeCode": f"P{next(_queues)}"}
    warm_up(clients, **asking)
    arguments = {"product": asking["stripeCode"], "code": "SVC_CHAT_WAIT_TIME_ENABLED", "value": value}
    installed.administrator.do("set_option_of_product", **arguments)
    assert {response.json()["queueId"] for response in everywhere(clients, **asking)} == {queue}


def kids(responses: list[httpx.Response]) -> set[str]:
    from joserfc.jws import extract_compact

    assert statuses(responses) == {201}
    return {extract_compact(response.json()["jwt"].encode()).headers()["kid"] for response in responses}


def published(clients: list[httpx.Client]) -> list[set[str]]:
    answers = [client.get("/.well-known/jwks.json") for client in clients]
    return [{key["kid"] for key in answer.json()["keys"]} for answer in answers]


def test_a_revoked_key(installed: Installation, clients: list[httpx.Client]) -> None:
    warm_up(clients)
    revoked, successor = installed.administrator.do("revoke_signing_key")
    assert kids(everywhere(clients)) == {successor}
    wait_until(lambda: not any(revoked in kids_of_one for kids_of_one in published(clients)))
    assert all(successor in kids_of_one for kids_of_one in published(clients))
    for response in everywhere(clients[:4]):
        assert installed.server.verified(response.json()["jwt"])


@pytest.mark.parametrize("rounds", [10])
def test_again_and_again(installed: Installation, clients: list[httpx.Client], rounds: int) -> None:
    """A race that is lost now and then would show here."""
    administrator = installed.administrator
    numbers = [next(_queues), next(_queues)]
    for number in numbers:
        administrator.do("store_queue", number=number)
    rule = f"Rule of {numbers[0]}"
    administrator.do("store_rule", name=rule, queue=numbers[0], question=rule)
    warm_up(clients, question=rule)
    for turn in range(rounds):
        administrator.do("point_rule", name=rule, queue=numbers[turn % 2])
        assert queues(everywhere(clients, at_once=AT_ONCE, question=rule)) == {str(numbers[turn % 2])}


def test_nothing_is_stored_for_whom_nothing_was_answered(
    installed: Installation, clients: list[httpx.Client], name: str
) -> None:
    def stored() -> int:
        statement = (
            "SELECT count(*) FROM chat_app_chattoken AS token"
            " JOIN chat_app_chatsession AS session ON session.id = token.session_id"
            " JOIN authenticate_app_user AS caller ON caller.id = session.caller_id WHERE caller.username = %s"
        )
        return int(installed.server.query(statement, name)[0][0])

    warm_up(clients, caller=name)
    before = stored()
    installed.administrator.do("disable", name=name)
    assert statuses(everywhere(clients, caller=name)) == {401}
    assert stored() == before == 2 * len(clients)
