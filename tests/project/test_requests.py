"""What every request gets: an id, a log line, security headers, an answer when the server fails."""

import json
import re

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from chatauth_project import urls


def _fail(_request: HttpRequest, kind: str) -> HttpResponse:
    raise {"bug": RuntimeError("inside"), "away": OperationalError("inside"), "lost": InterfaceError("inside")}[kind]


urlpatterns = [path("fail/<kind>", _fail), *urls.urlpatterns]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.SECURE_SSL_REDIRECT = False
    return Client(raise_request_exception=False)


def test_a_bug_is_answered_500_and_tells_nothing_of_the_inside(client: Client) -> None:
    response = client.get("/fail/bug")
    assert response.status_code == 500
    assert "inside" not in response.content.decode()
    assert response["X-Request-ID"]


@pytest.mark.parametrize("kind", ["away", "lost"])
def test_without_a_database_the_answer_is_503_with_a_time_to_try_again(client: Client, kind: str) -> None:
    response = client.get(f"/fail/{kind}", headers={"accept": "application/json"})
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response.json()["status"] == 503
    assert "inside" not in response.content.decode()


def test_the_log_of_a_request_has_the_route_and_the_id_but_not_the_path(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    response = client.get("/fail/bug?name=john@example.com")
    shown = capsys.readouterr().err
    lines = [json.loads(line) for line in shown.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["status"], line["method"]) == ("/fail/<kind>", 500, "GET")
    assert {line["request_id"] for line in lines} == {response["X-Request-ID"]}
    assert "/fail/bug" not in shown
    assert "john" not in shown


def test_what_matches_no_route_is_logged_without_its_path(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.get("/john@example.com").status_code == 404
    shown = capsys.readouterr().err
    assert '"unmatched"' in shown
    assert "john" not in shown


def test_a_form_that_is_none_at_an_address_that_leads_nowhere(client: Client) -> None:
    response = client.generic("POST", "/nowhere", b"", content_type="multipart/form-data")
    assert response.status_code == 404
    assert response.content.decode().startswith("The address leads nowhere")


def test_a_request_id_of_a_stranger_is_not_taken_over(client: Client) -> None:
    response = client.get("/healthz", headers={"x-request-id": "made-up-by-a-client"})
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


def test_the_length_of_every_answer_is_stated(client: Client) -> None:
    response = client.get("/healthz")
    assert int(response["Content-Length"]) == len(response.content)


def test_pages_carry_every_security_header(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = urls.__name__
    response = client.get("/i18n/none", secure=True)
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_pages_of_an_unknown_host_are_refused_but_probes_by_address_are_answered(client: Client) -> None:
    assert client.get("/i18n/none", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200


def test_plain_http_leads_to_https_but_for_probes(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/admin/")
    assert response.status_code == 301
    assert response["Location"].startswith("https://")
    assert Client().get("/healthz").status_code == 200
