"""For whom a caller may ask, without a database."""

import dataclasses

import pytest

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF, SELF_SERVICE_USER
from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate.permissions import check_end_user, may_speak_for_others
from tests.chat_authenticate.bodies import parse

CUSTOMER = Caller(
    user_id=7,
    username="John.Smith",
    username_key="john.smith",
    email="John@Vision.com",
    verified_email_key="john@vision.com",
    first_name="John",
    last_name="Smith",
    contact_party_id=1,
    organization_party_id=None,
    roles=frozenset({SELF_SERVICE_USER}),
    entitlements=frozenset({REQUEST_FOR_CHAT}),
    revision=1,
    roles_revision=1,
)
SERVICE = dataclasses.replace(CUSTOMER, entitlements=frozenset({REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF}))


def refused_paths(caller: Caller, **attributes: object) -> list[str]:
    try:
        check_end_user(caller, parse({"authUserName": "john.smith", **attributes}))
    except AdfError as error:
        return [fault.path for fault in error.faults]
    return []


def test_the_status_is_403() -> None:
    with pytest.raises(AdfError) as refused:
        check_end_user(CUSTOMER, parse({}))
    assert refused.value.status == 403


@pytest.mark.parametrize("name", ["john.smith", "JOHN.SMITH", "john@vision.com", "ＪＯＨＮ.smith"])
def test_ones_own_names(name: str) -> None:
    assert refused_paths(CUSTOMER, authUserName=name) == []


@pytest.mark.parametrize(
    "name", ["john", "john.smith@vision.com", "john.smith\u200b", "jоhn.smith"]
)  # the last: о is Cyrillic
def test_names_that_only_look_like_it(name: str) -> None:
    assert refused_paths(CUSTOMER, authUserName=name) == ["/authUserName"]


def test_an_empty_address_is_nobodys() -> None:
    without_address = dataclasses.replace(CUSTOMER, verified_email_key="", email="")
    assert refused_paths(without_address, authUserName="john@vision.com") == ["/authUserName"]
    assert refused_paths(without_address, emailAddress="john@vision.com") == ["/emailAddress"]


@pytest.mark.parametrize(
    ("attributes", "paths"),
    [
        ({}, []),
        ({"contactId": 1, "firstName": "John", "lastName": "Smith", "emailAddress": "JOHN@vision.com"}, []),
        ({"emailAddress": "john.smith"}, []),
        ({"firstName": "john"}, ["/firstName"]),  # what an agent sees is not compared loosely
        ({"contactId": 0}, ["/contactId"]),
        ({"organizationId": 0}, ["/organizationId"]),
        ({"contactId": 2, "lastName": "Roe"}, ["/contactId", "/lastName"]),
        ({"authUserName": "jane", "lastName": "Roe"}, ["/authUserName"]),
    ],
    ids=str,
)
def test_what_is_said_about_the_end_user(attributes: dict[str, object], paths: list[str]) -> None:
    assert refused_paths(CUSTOMER, **attributes) == paths
    assert refused_paths(SERVICE, **attributes) == []


def test_who_may_speak_for_others() -> None:
    assert may_speak_for_others(SERVICE)
    assert not may_speak_for_others(CUSTOMER)
    only_a_role = dataclasses.replace(CUSTOMER, roles=frozenset({REQUEST_FOR_CHAT_ON_BEHALF}))
    assert not may_speak_for_others(only_a_role)
