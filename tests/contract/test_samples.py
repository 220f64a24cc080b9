"""The vendor's sample request and response."""

import json
from pathlib import Path
from typing import Any

import pytest

from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.routing.snapshot import InterfaceFacts

FOLDER = Path(__file__).parent
REQUEST = (FOLDER / "chat_authenticate_request.json").read_bytes()
RESPONSE: dict[str, Any] = json.loads((FOLDER / "chat_authenticate_response.json").read_text("utf-8"))
RELEASE_OF_SAMPLE = Release.parse("11.13.19.01.0")
NOT_IN_SAMPLE = {
    "stripeCode",
    "incidentSeverityCode",
    "customFields",
    "assigneeId",
    "applicationClassification",
    "allowAgentAttachments",
    "escalationLevel",
}
"""Attributes of its release that the sample does not show; the documentation lists them all the same."""


def answer(release: Release, *, queue_id: int | None = 2, port: int | None = None) -> dict[str, Any]:
    request = schemas.parse(REQUEST, release=release, refuse_unknown=True).request
    href = schemas.item_url(
        "https://servername.fa.us2.oraclecloud.com", version="11.13.0.0", auth_user_name=request.auth_user_name
    )
    interface = InterfaceFacts(
        1, RESPONSE["chatSiteName"], RESPONSE["poolId"], RESPONSE["domain"], port=port, audience=""
    )
    return schemas.response_body(
        request, release=release, interface=interface, queue_id=queue_id, jwt=RESPONSE["jwt"], href=href
    )


def test_the_sample_request_is_answered_with_the_sample_response() -> None:
    body = answer(RELEASE_OF_SAMPLE)
    assert {name: value for name, value in body.items() if name not in NOT_IN_SAMPLE} == RESPONSE
    assert body.keys() - RESPONSE.keys() == NOT_IN_SAMPLE


@pytest.mark.parametrize(
    ("release", "newer"),
    [
        ("R13.17.11", set[str]()),
        ("11.13.19.01.0", {"businessUnitOrgId"}),
        ("11.13.19.07.0", {"businessUnitOrgId", "chatPriority"}),
        ("11.13.24.10.0", {"businessUnitOrgId", "chatPriority", "chatSource", "chatDirection"}),
    ],
)
def test_an_answer_has_the_attributes_of_the_release(release: str, newer: set[str]) -> None:
    by_release = {"businessUnitOrgId", "chatPriority", "chatSource", "chatDirection"}
    assert answer(Release.parse(release)).keys() & by_release == newer


def test_the_queue_is_null_while_it_is_not_assigned() -> None:
    assert answer(NEWEST, queue_id=None)["queueId"] is None


def test_the_port_is_only_there_when_it_is_given_and_a_number() -> None:
    assert "port" not in answer(NEWEST)
    assert answer(NEWEST, port=8443)["port"] == 8443


def test_nothing_is_sent_but_strings_nulls_links_and_the_port() -> None:
    body = answer(NEWEST, port=8443)
    del body["port"], body["links"]
    assert {type(value) for value in body.values()} == {str, type(None)}
