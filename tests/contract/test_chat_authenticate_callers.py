"""Who may call ``chatAuthenticate``, and for whom."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission

from authenticate_app.accounts.entitlements import (
    ON_BEHALF_ROLE,
    REQUEST_FOR_CHAT,
    REQUEST_FOR_CHAT_ON_BEHALF,
    SELF_SERVICE_USER,
)
from authenticate_app.accounts.models import User
from chat_app.sessions.models import ChatSession
from tests.routing import builders
from tests.world import (
    CALLER,
    CONTACT_ID,
    CUSTOMER,
    CUSTOMERS_EMAIL,
    DEFAULT_QUEUE,
    ORGANIZATION_ID,
    PASSWORD,
    QUEUE,
    ask,
    body_of,
    refused,
    store_user,
)

pytestmark = pytest.mark.usefixtures("world")

ROLE_MISSING, ENTITLEMENT_MISSING = [("CHAT-40302", "")], [("CHAT-40303", "")]
ANOTHERS_TOKEN = [("CHAT-40304", "/authUserName")]
NOT_SIGNED_IN = [("CHAT-40101", "")]


def message(**asking: object) -> str:
    response = ask(**asking)  # type: ignore[arg-type]
    assert response.status_code == 403
    return response.content.decode()


def test_the_role_is_missing_and_named() -> None:
    store_user("nobody")
    assert refused(caller="nobody", attributes={"authUserName": "nobody"}) == ROLE_MISSING
    assert SELF_SERVICE_USER in message(caller="nobody")


def test_the_entitlement_is_missing_and_named() -> None:
    Group.objects.get(name=SELF_SERVICE_USER).permissions.clear()
    assert refused(caller=CUSTOMER, attributes={"authUserName": CUSTOMER}) == ENTITLEMENT_MISSING
    assert REQUEST_FOR_CHAT in message(caller=CUSTOMER)


def test_a_role_with_the_entitlement_does_not_stand_for_the_role() -> None:
    another = Group.objects.create(name="another role")
    another.permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT))
    store_user("nobody", "another role")
    assert refused(caller="nobody", attributes={"authUserName": "nobody"}) == ROLE_MISSING


def test_an_entitlement_that_does_not_come_through_a_role_does_not_count() -> None:
    Group.objects.get(name=SELF_SERVICE_USER).permissions.clear()
    User.objects.get(username=CUSTOMER).user_permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT))
    assert refused(caller=CUSTOMER, attributes={"authUserName": CUSTOMER}) == ENTITLEMENT_MISSING


def test_a_superuser_needs_role_and_entitlement_like_anybody() -> None:
    store_user("root", is_superuser=True, is_staff=True)
    assert refused(caller="root", attributes={"authUserName": "root"}) == ROLE_MISSING


def test_the_entitlement_may_come_through_any_role() -> None:
    Group.objects.get(name=SELF_SERVICE_USER).permissions.clear()
    another = Group.objects.create(name="another role")
    another.permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT))
    User.objects.get(username=CUSTOMER).groups.add(another)
    assert ask(caller=CUSTOMER, attributes={"authUserName": CUSTOMER}).status_code == 201


@pytest.mark.parametrize(
    "own_name",
    [
        CUSTOMER,
        CUSTOMER.upper(),
        CUSTOMERS_EMAIL,
        CUSTOMERS_EMAIL.lower(),
        "ｊｏｈｎ.smith",  # full width, the same after NFKC
        "john.ſmith",  # a long s, the same after case folding
    ],
)
def test_a_token_for_oneself(own_name: str) -> None:
    assert body_of(ask(caller=CUSTOMER, attributes={"authUserName": own_name}))["authUserName"] == own_name


@pytest.mark.parametrize("sign_in_name", ["John.Smith", "JOHN.SMITH"])
def test_signing_in_does_not_depend_on_case(sign_in_name: str) -> None:
    assert ask(caller=sign_in_name, attributes={"authUserName": CUSTOMER}).status_code == 201


@pytest.mark.parametrize("name", [CALLER, "John Smith", "john.smith@vision.com.evil", " john.smith", "john.smith "])
def test_nobody_elses_token(name: str) -> None:
    assert refused(caller=CUSTOMER, attributes={"authUserName": name}) == ANOTHERS_TOKEN


def test_an_address_that_is_not_verified_is_not_ones_own() -> None:
    User.objects.filter(username=CUSTOMER).update(email_verified=False)
    assert refused(caller=CUSTOMER, attributes={"authUserName": CUSTOMERS_EMAIL}) == ANOTHERS_TOKEN


def test_nobody_without_a_name_is_everybody() -> None:
    User.objects.filter(username=CUSTOMER).update(email="", email_key="", email_verified=True)
    assert refused(caller=CUSTOMER, attributes={"authUserName": ""}) == [("27014", "/authUserName")]


@pytest.mark.parametrize("name", ["Jane Roe", CUSTOMER, "名前 🙂", "a/b?c#d%20"])
def test_a_token_for_another_with_the_entitlement(name: str) -> None:
    assert body_of(ask(attributes={"authUserName": name}))["authUserName"] == name


def test_on_behalf_needs_role_and_entitlement_too() -> None:
    store_user("nobody", ON_BEHALF_ROLE)
    assert refused(caller="nobody") == ROLE_MISSING


OWN: dict[str, object] = {
    "contactId": CONTACT_ID,
    "organizationId": str(ORGANIZATION_ID),
    "emailAddress": CUSTOMERS_EMAIL.lower(),
    "firstName": "John",
    "lastName": "Smith",
}
ANOTHERS: dict[str, object] = {
    "contactId": 1,
    "organizationId": "1",
    "emailAddress": "jane.roe@vision.com",
    "firstName": "Jane",
    "lastName": "Roe",
}


@pytest.mark.parametrize("name", OWN)
def test_what_is_ones_own(name: str) -> None:
    attributes = {"authUserName": CUSTOMER, name: OWN[name]}
    assert body_of(ask(caller=CUSTOMER, attributes=attributes))[name] == str(OWN[name])


@pytest.mark.parametrize("name", ANOTHERS)
def test_what_is_anothers(name: str) -> None:
    attributes = {"authUserName": CUSTOMER, name: ANOTHERS[name]}
    assert refused(caller=CUSTOMER, attributes=attributes) == [("CHAT-40305", f"/{name}")]
    assert body_of(ask(attributes=attributes))[name] == str(ANOTHERS[name])


def test_everything_that_is_anothers_is_named_at_once() -> None:
    found = refused(caller=CUSTOMER, attributes={"authUserName": CUSTOMER, **ANOTHERS})
    assert found == [("CHAT-40305", f"/{name}") for name in ANOTHERS]


def test_who_has_no_party_ids_may_not_make_them_up() -> None:
    store_user("newcomer", SELF_SERVICE_USER)
    attributes = {"authUserName": "newcomer", "contactId": 0, "organizationId": 0}
    assert refused(caller="newcomer", attributes=attributes) == [
        ("CHAT-40305", "/contactId"),
        ("CHAT-40305", "/organizationId"),
    ]


@pytest.mark.parametrize("name", ["chatPriority", "escalationLevel", "assigneeId"])
def test_nobody_jumps_the_queue(name: str) -> None:
    from chat_app.routing.models import Queue

    builders.rule(Queue.objects.get(pk=QUEUE), ("attribute", name, "equals", "9"))
    attributes = {"authUserName": CUSTOMER, name: "9"}
    own = body_of(ask(caller=CUSTOMER, attributes=attributes))
    assert (own["queueId"], own[name]) == (str(DEFAULT_QUEUE), "9")
    assert body_of(ask(attributes=attributes))["queueId"] == str(QUEUE)


def change_password(user: User) -> None:
    user.set_password("another horse")
    user.save()


def rename(user: User) -> None:
    user.username = "somebody.else"
    user.save()


CHANGES: dict[str, tuple[Callable[[User], object], list[tuple[str, str]]]] = {
    "disabled": (lambda user: User.objects.filter(pk=user.pk).update(is_active=False), NOT_SIGNED_IN),
    "password changed": (change_password, NOT_SIGNED_IN),
    "password made unusable": (lambda user: User.objects.filter(pk=user.pk).update(password="!"), NOT_SIGNED_IN),
    "renamed": (rename, NOT_SIGNED_IN),
    "deleted": (lambda user: user.delete(), NOT_SIGNED_IN),
    "role taken away": (lambda user: user.groups.clear(), ROLE_MISSING),
    "role deleted": (lambda _: Group.objects.get(name=SELF_SERVICE_USER).delete(), ROLE_MISSING),
    "role renamed": (lambda _: Group.objects.filter(name=SELF_SERVICE_USER).update(name="x"), ROLE_MISSING),
    "entitlement taken away": (
        lambda _: Group.objects.get(name=SELF_SERVICE_USER).permissions.clear(),
        ENTITLEMENT_MISSING,
    ),
    "entitlement deleted": (
        lambda _: Permission.objects.get(codename=REQUEST_FOR_CHAT).delete(),
        ENTITLEMENT_MISSING,
    ),
    "on-behalf role taken away": (
        lambda user: user.groups.set(Group.objects.filter(name=SELF_SERVICE_USER)),
        ANOTHERS_TOKEN,
    ),
    "on-behalf entitlement taken away": (
        lambda _: Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF).group_set.clear(),
        ANOTHERS_TOKEN,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_counts_from_the_next_request(change: str) -> None:
    assert ask().status_code == ask().status_code == 201  # by now the caller is remembered
    make, expected = CHANGES[change]
    make(User.objects.get(username=CALLER))
    before = ChatSession.objects.count()
    assert refused() == expected
    assert ChatSession.objects.count() == before


def test_a_granted_role_counts_from_the_next_request() -> None:
    user = store_user("newcomer")
    attributes = {"authUserName": "newcomer"}
    assert refused(caller="newcomer", attributes=attributes) == ROLE_MISSING
    user.groups.add(Group.objects.get(name=SELF_SERVICE_USER))
    assert ask(caller="newcomer", attributes=attributes).status_code == 201


def test_an_enabled_user_counts_from_the_next_request() -> None:
    user = store_user("newcomer", SELF_SERVICE_USER, is_active=False)
    attributes = {"authUserName": "newcomer"}
    assert refused(caller="newcomer", attributes=attributes) == NOT_SIGNED_IN
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert ask(caller="newcomer", attributes=attributes).status_code == 201


@pytest.mark.parametrize("version", ["1", "4"])
def test_nobody_learns_whether_a_user_exists(version: str) -> None:
    store_user("disabled", SELF_SERVICE_USER, is_active=False)
    store_user("without", SELF_SERVICE_USER)
    User.objects.filter(username="without").update(password="!")
    cases = [("unknown", PASSWORD), (CALLER, "wrong"), ("disabled", PASSWORD), ("without", PASSWORD), ("a\x00b", "x")]
    answers = [
        ask(caller=name, password=password, headers={"REST-Framework-Version": version}) for name, password in cases
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    headers = [{name: value for name, value in answer.items() if name != "X-Request-ID"} for answer in answers]
    assert all(found == headers[0] for found in headers), json.dumps(headers)
