"""Addresses and methods of ``chatAuthenticate``, and its headers: every row through every middleware."""

import json
from typing import Any

import pytest

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from tests.world import ADDRESS, ITEM, JSON, PASSWORD, ask, faults, refused, store_user

pytestmark = pytest.mark.usefixtures("world")

ERROR = "application/vnd.oracle.adf.error+json"
TEXT = "text/plain; charset=utf-8"
CONTEXTS = ["serviceApi", "crmRestApi"]
VERSIONS = ["11.13.0.0", "11.13.18.05", "latest"]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_address(context: str, version: str) -> None:
    assert ask(address=f"/{context}/resources/{version}/chatAuthenticate").status_code == 201


@pytest.mark.parametrize(
    "address",
    [
        "/crmRestApi/resources/11.13.18.04/chatAuthenticate",
        "/crmRestApi/resources/11x13x0x0/chatAuthenticate",
        "/crmRestApi/resources/latest/chatauthenticate",
        "/crmRestApi/resources/latest/chatAuthenticate/",
        "/crmRestApi/latest/chatAuthenticate",
        "/CrmRestApi/resources/latest/chatAuthenticate",
        "/fscmRestApi/resources/latest/chatAuthenticate",
    ],
)
def test_another_context_or_version_is_not_found(address: str) -> None:
    assert ask(address=address).status_code == 404


def test_not_found_below_the_api_is_answered_in_its_form() -> None:
    assert refused(address="/serviceApi/resources/12/chatAuthenticate") == [("CHAT-40401", "")]


@pytest.mark.parametrize("path", ["", "/dcsadmin1", "/john.smith%40vision.com", "/a%2Fb", "/John%20Smith"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_is_not_supported(path: str, method: str) -> None:
    response = ask(b"", address=ADDRESS + path, method=method)
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "MERGE"])
def test_other_methods_are_not_supported(method: str) -> None:
    response = ask(method=method, headers={"REST-Framework-Version": "4"})
    assert (response.status_code, faults(response)) == (405, [("CHAT-40501", "")])
    assert response["Allow"] == "POST, OPTIONS"


def test_a_method_that_is_not_supported_needs_no_credentials() -> None:
    assert ask(method="GET", headers={"Authorization": None}).status_code == 405


def test_options_needs_no_credentials() -> None:
    response = ask(b"", method="OPTIONS", headers={"Authorization": None})
    assert (response.status_code, response["Allow"]) == (200, "POST, OPTIONS")


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_describe(context: str, version: str) -> None:
    response = ask(b"", method="GET", address=f"/{context}/resources/{version}/chatAuthenticate/describe")
    assert response.status_code == 200
    resource = json.loads(response.content)["Resources"]["chatAuthenticate"]
    assert {"title", "attributes", "collection", "item", "links"} <= resource.keys()
    by_name = {attribute["name"]: attribute for attribute in resource["attributes"]}
    assert len(by_name) == 36
    assert {name for name, attribute in by_name.items() if attribute["mandatory"]} == {"authUserName", "interfaceId"}
    assert {"name", "type", "mandatory", "updatable"} <= by_name["jwt"].keys()
    assert resource["collection"]["actions"]
    address = f"https://chat.example.com/crmRestApi/resources/{version}/chatAuthenticate"
    assert resource["collection"]["links"][0]["href"] == address


def test_describe_needs_credentials() -> None:
    address = f"{ADDRESS}/describe"
    assert refused(b"", method="GET", address=address, headers={"Authorization": None}) == [("CHAT-40101", "")]


# Headers of requests


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic ZGNzYWRtaW4x",  # no colon
        "Basic /////w==",  # not UTF-8
        "Digest username=dcsadmin1",
    ],
)
def test_missing_or_wrong_credentials(authorization: str | None) -> None:
    response = ask(headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Basic realm="owsm", Bearer realm="owsm"'


def test_credentials_are_utf8() -> None:
    store_user("jürgen", SELF_SERVICE_USER)
    assert ask(caller="jürgen", password=PASSWORD, attributes={"authUserName": "jürgen"}).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (ITEM, 201),
        (JSON, 201),
        (f"{ITEM}; charset=utf-8", 201),
        (f"{JSON};charset=UTF-8", 201),
        (f'{JSON}; charset="utf-8"', 201),
        (f"{JSON}; profile=x", 201),
        ("Application/JSON", 201),
        (f"{JSON}; charset=iso-8859-1", 415),
        (f"{ITEM}; charset=utf-16", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
        ("application/jsonp", 415),
        ("*/*", 415),
        ("", 415),
        ("application/json, text/plain", 415),
    ],
)
def test_content_type(content_type: str, status: int) -> None:
    assert ask(content_type=content_type).status_code == status


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    assert refused(headers={"Content-Encoding": encoding}) == [("CHAT-41503", "")]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, ITEM),
        ("", ITEM),
        ("*/*", ITEM),
        ("application/*", ITEM),
        (ITEM, ITEM),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (f"{ITEM};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.5, */*;q=0.1", JSON),
        ("text/html, */*;q=0.1", ITEM),
    ],
)
def test_accept(accept: str | None, answered: str) -> None:
    response = ask(headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (201, answered)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", f"{JSON};q=0, {ITEM};q=0", ERROR])
def test_accept_that_cannot_be_met(accept: str) -> None:
    assert refused(headers={"Accept": accept}) == [("CHAT-40601", "")]


@pytest.mark.parametrize("version", [None, *map(str, range(1, 10))])
def test_framework_version(version: str | None) -> None:
    response = ask(headers={"REST-Framework-Version": version})
    assert (response.status_code, response["REST-Framework-Version"]) == (201, version or "1")


@pytest.mark.parametrize("version", ["0", "10", "1.0", "x", "", "-1", "99999999999999999999"])
def test_another_framework_version_is_refused(version: str) -> None:
    response = ask(headers={"REST-Framework-Version": version})
    assert (response.status_code, response["Content-Type"]) == (400, TEXT)
    assert "1 to 9" in response.content.decode()


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [(None, "en"), ("de-CH", "de"), ("fr", "fr"), ("es-MX, en;q=0.1", "es"), ("ja", "ja"), ("tlh", "en")],
)
def test_language_of_an_answer(accept_language: str | None, language: str) -> None:
    assert ask(headers={"Accept-Language": accept_language})["Content-Language"] == language


@pytest.mark.parametrize("value", ["", "x", '{"includeBaseBundle":"true"}'])
def test_metadata_context_is_tolerated(value: str) -> None:
    assert ask(headers={"Metadata-Context": value}).status_code == 201


# Browsers

OURS, THEIRS = "https://www.example.com", "https://evil.example.com"
PREFLIGHT = {
    "Authorization": None,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,rest-framework-version,metadata-context",
}


def test_preflight() -> None:
    response = ask(b"", method="OPTIONS", headers={**PREFLIGHT, "Origin": OURS})
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == OURS
    allowed = {name.strip() for name in response["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "rest-framework-version", "metadata-context"} <= allowed
    assert "POST" in response["Access-Control-Allow-Methods"]


def test_preflight_of_another_origin() -> None:
    response = ask(b"", method="OPTIONS", headers={**PREFLIGHT, "Origin": THEIRS})
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("origin", [OURS, THEIRS])
@pytest.mark.parametrize(
    ("asking", "status"),
    [
        ({}, 201),
        ({"body": b"[]"}, 400),
        ({"headers": {"Authorization": None}}, 401),
        ({"caller": "john.smith"}, 403),
        ({"address": f"{ADDRESS}/x"}, 404),
        ({"method": "GET"}, 405),
        ({"headers": {"Accept": "text/html"}}, 406),
        ({"body": b" " * 70_000}, 413),
        ({"content_type": "text/plain"}, 415),
    ],
)
def test_answers_to_pages_of_allowed_origins(asking: dict[str, Any], status: int, origin: str) -> None:
    response = ask(**asking | {"headers": {**asking.get("headers", {}), "Origin": origin}})
    assert response.status_code == status
    assert response.get("Access-Control-Allow-Origin") == (OURS if origin == OURS else None)
    assert "Access-Control-Allow-Credentials" not in response
    assert "origin" in response["Vary"].lower()
