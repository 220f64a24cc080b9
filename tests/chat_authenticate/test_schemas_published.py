"""What is published of the attributes: OpenAPI, describe and docs say what the parser does."""

from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from hypothesis import given

from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate import describe, docs, openapi, schemas
from chat_app.chat_authenticate.attributes import (
    ATTRIBUTE_BY_NAME,
    NOT_LISTENED_TO,
    REQUEST_ATTRIBUTES,
    RESPONSE_ATTRIBUTES,
    TOLERATED,
)
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.chat_authenticate.wire_types import Form
from chat_app.routing.snapshot import InterfaceFacts
from tests.chat_authenticate.bodies import REQUIRED, parse
from tests.chat_authenticate.test_schemas_properties import VALID_BODIES

OLD = Release.parse("R13.18.05")
REQUEST = jsonschema_rs.validator_for(openapi.request_schema(NEWEST))
RESPONSE = jsonschema_rs.validator_for(openapi.response_schema(NEWEST))
EDGES: list[Any] = [
    *(None, "", " ", "text", "RESUME", "CONSUMER", "SVC_SERVICE_REQUESTS", "x" * 8001, "\x00"),
    *(0, -1, 1, 1.5, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**10, 10**10 - 1, -(10**9), 1 - 10**9),
    *("0", "-1", "12345678901", "1234567890", "-1234567890", "-123456789", "1.0", "+1"),
    *(True, False, "true", "FALSE", "yes", [], {}),
]
EVERY_ATTRIBUTE = pytest.mark.parametrize("attribute", REQUEST_ATTRIBUTES, ids=lambda attribute: attribute.name)


def is_accepted(body: dict[str, Any]) -> bool:
    try:
        parse(body)
    except AdfError:
        return False
    return True


@EVERY_ATTRIBUTE
@pytest.mark.parametrize("value", EDGES, ids=lambda value: repr(value)[:30])
def test_the_schema_accepts_what_the_parser_accepts(attribute: Any, value: Any) -> None:
    if attribute.form is Form.JSON_OBJECT and isinstance(value, str) and len(value) <= attribute.max_length:
        return  # a schema cannot look into a string
    body = {**REQUIRED, attribute.name: value}
    assert REQUEST.is_valid(body) == is_accepted(body)


@given(VALID_BODIES)
def test_the_answer_has_the_published_schema(body: dict[str, Any]) -> None:
    request = parse(body)
    href = schemas.item_url("https://chat.example.com", version="latest", auth_user_name=request.auth_user_name)
    content = schemas.response_body(
        request,
        release=NEWEST,
        interface=InterfaceFacts(1, "site", "1:1", "chat.example.com", port=8443, audience=""),
        queue_id=None,
        jwt="a.b.c",
        href=href,
    )
    RESPONSE.validate(content)


def test_what_is_not_listened_to_may_be_sent() -> None:
    assert REQUEST.is_valid({**REQUIRED, **dict.fromkeys(NOT_LISTENED_TO, 1)})
    assert not REQUEST.is_valid({**REQUIRED, "colour": 1})


def test_the_schema_of_an_older_release() -> None:
    assert "chatPriority" not in openapi.request_schema(OLD)["properties"]
    assert "chatPriority" not in openapi.response_schema(OLD)["properties"]


def test_every_error_is_among_the_responses() -> None:
    responses = openapi.CREATE_OPERATION["responses"]
    assert {"201", "400", "401", "403", "404", "405", "406", "413", "415", "429", "503"} == set(responses)
    assert "27014" in responses["400"]["description"]


def test_the_components_that_operations_refer_to_exist() -> None:
    result = openapi.add_components({})
    assert {"ChatAuthenticateRequest", "ChatAuthenticateResponse", "Description", "Refusal"} == set(
        result["components"]["schemas"]
    )
    assert result["components"]["securitySchemes"]["basicAuth"]["scheme"] == "basic"


def test_the_description_lists_the_attributes_of_the_release() -> None:
    resource = describe.description(release=OLD, public_base_url=settings.PUBLIC_BASE_URL, version="11.13.0.0")
    described = {each["name"]: each for each in resource["Resources"]["chatAuthenticate"]["attributes"]}
    expected = [each.name for each in REQUEST_ATTRIBUTES if each.exists_in(OLD)]
    assert list(described) == expected + [each.name for each in RESPONSE_ATTRIBUTES]
    assert (described["authUserName"]["mandatory"], described["authUserName"]["precision"]) == (True, 320)
    assert described["contactId"]["type"] == "integer"
    assert described["resumeType"]["allowedValues"] == ["RESUME"]
    assert described["clientType"]["default"] == "CONSUMER"
    assert described["jwt"]["updatable"] is False
    assert described["links"]["type"] == "array"


def test_every_attribute_is_documented() -> None:
    page = docs.attributes_page()
    for name in [*ATTRIBUTE_BY_NAME, *(each.name for each in RESPONSE_ATTRIBUTES), *TOLERATED]:
        assert f"| `{name}`" in page
    assert "| `authUserName` (required) | string | 320 |" in page
