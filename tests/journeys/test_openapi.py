"""The real server against its own OpenAPI schema, with whatever schemathesis thinks of."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance, unsupported_method

from chat_app.chat_authenticate.openapi import OBJECT_IN_A_STRING
from tests.databases import ROOT
from tests.load import check_nothing_is_half_stored
from tests.serving import CALLER, PASSWORD, TIMEOUT_SECONDS, Installation
from tests.world import basic

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

EXAMPLES = 60
SOME_ID = "0199b8a0-7c3e-7d21-b1a4-5f0e6a9c2d10"
FORWARDED = {"X-Forwarded-Proto": "https"}
REPEATS_REQUESTS = [ignored_auth, unsupported_method]
"""Checks that send requests of their own; what they look at has contract tests, which are faster."""
NAMES_SCOPES = "/api/messages/v1/conversations/{conversation_id}/sign-in-requests"
"""Where a request may be refused that fits the schema: which scopes a business asks for, no schema can say."""

schemathesis.openapi.format(
    OBJECT_IN_A_STRING, st.dictionaries(st.text("abc", min_size=1), st.integers(), max_size=3).map(json.dumps)
)
schema = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.yaml")


@schema.hook("map_body")
def write_integers_as_such(_context: Any, body: Any) -> Any:
    """To JSON Schema, 7.0 is an integer; the contract takes it for a float, and a schema cannot say so."""
    if not isinstance(body, dict):
        return body
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in body.items()
    }


messages: dict[str, str] = {}
"""A token for the API of Apple Messages, and what its client reaches there."""


@pytest.fixture(scope="module", autouse=True)
def customer(installed: Installation) -> None:
    asked = installed.administrator.do("ask_customer_to_sign_in", asker=installed.new_user())
    sent = {"business_id": asked["business"], "customer_id": asked["customer"]}
    message = installed.administrator.do("send_text", **sent)
    ids = {"conversation_id": asked["conversation"], "sign_in_id": asked["id"], "message_id": message}
    messages.update(ids, token=asked["token"])


@schema.hook("map_path_parameters")
def name_what_is_there(_context: Any, parameters: Any) -> Any:
    """Half of the ids that are thought of are those of things that exist."""
    if not isinstance(parameters, dict):
        return parameters
    return {name: _known(name, value) for name, value in parameters.items()}


def _known(name: str, value: Any) -> Any:
    return messages[name] if name in messages and str(value)[-1:] in "02468ace" else value


@schema.auth(refresh_interval=None)  # it depends on the operation
class ServiceAccount:
    """Signs in wherever a case does not leave the credentials out on purpose."""

    def get(self, case: Any, context: Any) -> str:
        is_of_messages = context.operation.path.startswith("/api/messages/")
        return f"Bearer {messages['token']}" if is_of_messages else basic(CALLER, PASSWORD)

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = data


@pytest.fixture
def published() -> Any:
    return schema


in_turn = schemathesis.pytest.from_fixture("published")
"""All operations in one test: making up their cases takes seconds, which else every process spends in collecting."""


@in_turn.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_conforms_to_its_schema(case: Any, installed: Installation) -> None:
    case.call_and_validate(
        base_url=installed.server.url,
        headers=FORWARDED,
        excluded_checks=[*REPEATS_REQUESTS, *([positive_data_acceptance] if case.path == NAMES_SCOPES else [])],
        timeout=TIMEOUT_SECONDS,
    )


def test_nothing_that_it_thought_of_is_half_stored(installed: Installation) -> None:
    check_nothing_is_half_stored(installed.server)


def test_the_published_schema_is_the_one_that_is_tested(installed: Installation) -> None:
    published = installed.client.get(
        "/api/schema/", params={"format": "json"}, headers={"Host": "chat.example.com"}
    ).json()
    assert published["paths"].keys() == schema.raw_schema["paths"].keys()
    assert published["components"] == schema.raw_schema["components"]


def security_of(path: str) -> list[dict[str, list[str]]]:
    """What an operation asks of its caller, by its address."""
    if path.startswith("/api/messages/"):
        return [{"messagesClient": ["messages", "chat.authenticate"] if path.endswith("/chat") else ["messages"]}]
    return [{"basicAuth": []}, {"oauth2": ["chat.authenticate"]}]


@pytest.mark.parametrize("path", schema.raw_schema["paths"])
def test_every_operation_says_that_it_needs_credentials(installed: Installation, path: str) -> None:
    for operation in schema.raw_schema["paths"][path].values():
        assert operation["security"] == security_of(path)
    ids = dict.fromkeys(("conversation_id", "message_id", "sign_in_id"), SOME_ID)
    address = path.format(context="crmRestApi", version="latest", **ids)
    method = next(iter(schema.raw_schema["paths"][path])).upper()
    answered = httpx.request(method, installed.server.url + address, headers=FORWARDED, trust_env=False)
    assert answered.status_code == 401
