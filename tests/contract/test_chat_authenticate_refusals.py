"""Refusals: every status, in both forms, for every framework version and language; and what guessing costs."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.utils import timezone

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.models import SigningKey
from authenticate_app.throttling.models import FailureCount, KnownAddress
from chat_app.routing.models import Interface
from chat_app.sessions.models import ChatSession
from tests.world import ADDRESS, CALLER, CUSTOMER, PASSWORD, ask, faults, refused, store_user

pytestmark = pytest.mark.usefixtures("world")

TEXT, VENDOR, JSON = "text/plain; charset=utf-8", "application/vnd.oracle.adf.error+json", "application/json"
LANGUAGES = ["en", "de", "fr", "es", "ja"]


def nothing() -> None:
    """The installation as it is."""


def exhaust_attempts() -> None:
    counters = FailureCount.objects.all()
    for _ in range(11):
        ask(password="wrong")
    assert counters.exists()


CASES: dict[str, tuple[Callable[[], object], dict[str, Any], int, str, str]] = {
    "body": (nothing, {"body": b"[]"}, 400, "Bad Request", "CHAT-40007"),
    "missing": (nothing, {"attributes": {"interfaceId": None}}, 400, "Bad Request", "27014"),
    "credentials": (nothing, {"password": "wrong"}, 401, "Unauthorized", "CHAT-40101"),
    "no role": (lambda: store_user("nobody"), {"caller": "nobody"}, 403, "Forbidden", "CHAT-40302"),
    "another's token": (nothing, {"caller": CUSTOMER}, 403, "Forbidden", "CHAT-40304"),
    "address": (nothing, {"address": f"{ADDRESS}/x"}, 404, "Not Found", "CHAT-40401"),
    "method": (nothing, {"method": "PUT"}, 405, "Method Not Allowed", "CHAT-40501"),
    "too large": (nothing, {"body": b" " * 65_537}, 413, "Content Too Large", "CHAT-41301"),
    "media type": (nothing, {"content_type": "text/plain"}, 415, "Unsupported Media Type", "CHAT-41501"),
    "throttled": (exhaust_attempts, {"password": "wrong"}, 429, "Too Many Requests", "CHAT-42901"),
    "no interface": (
        lambda: Interface.objects.update(enabled=False),
        {},
        503,
        "Service Unavailable",
        "CHAT-50303",
    ),
    "no key": (lambda: SigningKey.objects.all().delete(), {}, 503, "Service Unavailable", "CHAT-50305"),
}


@pytest.mark.parametrize("case", ["no interface", "no key"])
def test_what_an_administrator_has_to_mend_is_an_error_in_the_log(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare, _, _, _, code = CASES[case]
    prepare()
    answer(case)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if line["level"] == "error"]
    assert (line["event"], line["code"]) == ("service unavailable", code)


def answer(case: str, *, version: str | None = None, **headers: str | None) -> HttpResponse:
    """Ask so that the case comes about; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(**CASES[case][1], headers={"REST-Framework-Version": version, **named})


def check_structure(response: HttpResponse, case: str) -> None:
    _, _, status, title, code = CASES[case]
    body = json.loads(response.content)
    assert list(body) == ["title", "status", "o:errorDetails"]
    assert (body["title"].replace("Request Entity Too Large", "Content Too Large"), body["status"]) == (
        title,
        str(status),
    )
    for detail in body["o:errorDetails"]:
        assert list(detail) == ["detail", "o:errorCode", "o:errorPath"]
    assert body["o:errorDetails"][0]["o:errorCode"] == code


@pytest.mark.parametrize("case", CASES)
def test_status_and_form_by_framework_version(case: str) -> None:
    prepare, _, status, _, code = CASES[case]
    prepare()
    for version in [None, *"123456789"]:
        response = answer(case, version=version)
        assert response.status_code == status
        assert response["Cache-Control"] == "no-store"
        assert response["REST-Framework-Version"] == (version or "1")
        is_text = version is None or version < "4"
        assert response["Content-Type"] == (TEXT if is_text else VENDOR)
        if is_text:
            assert code not in response.content.decode()
            assert response.content.decode().endswith((".", "}."))
        else:
            check_structure(response, case)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", ["1", "4"])
def test_who_accepts_only_json_gets_the_structure_as_json(case: str, version: str) -> None:
    CASES[case][0]()
    response = answer(case, version=version, Accept=JSON)
    assert response["Content-Type"] == JSON
    check_structure(response, case)


@pytest.mark.parametrize("case", CASES)
def test_messages_are_translated_and_codes_are_not(case: str) -> None:
    CASES[case][0]()
    answers = {language: answer(case, version="4", Accept_Language=language) for language in LANGUAGES}
    assert {language: response["Content-Language"] for language, response in answers.items()} == {
        language: language for language in LANGUAGES
    }
    assert {tuple(faults(response)) for response in answers.values()} == {tuple(faults(answers["en"]))}
    messages = {json.loads(response.content)["o:errorDetails"][0]["detail"] for response in answers.values()}
    assert len(messages) == len(LANGUAGES)


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_stores_no_session(case: str) -> None:
    CASES[case][0]()
    answer(case)
    assert not ChatSession.objects.exists()


def test_several_faults_stand_one_to_a_line() -> None:
    response = ask(attributes={"contactId": 1.5, "interfaceId": None, "colour": "red\nblue"})
    lines = response.content.decode().split("\n")
    assert len(lines) == 3
    for name in ("contactId", "interfaceId", "colour"):
        assert sum(name in line for line in lines) == 1


def test_what_a_client_sent_cannot_break_a_line() -> None:
    response = ask(attributes={"a\nHTTP/1.1 200\r\n": "x"})
    assert len(response.content.decode().splitlines()) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int) -> None:
    for case, (prepare, _, of_case, _, _) in CASES.items():
        if of_case == status:
            prepare()
            assert 1 <= int(answer(case)["Retry-After"]) <= 900


def test_without_a_database_the_answer_is_503() -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        response = ask(headers={"REST-Framework-Version": "4"})
    assert (response.status_code, faults(response), response["Retry-After"]) == (503, [("CHAT-50301", "")], "5")


def test_the_content_of_a_refused_header_is_not_repeated_raw() -> None:
    response = ask(headers={"Accept": "text/<script>"})
    assert response.status_code == 406
    assert response["X-Content-Type-Options"] == "nosniff"


# Audit


def test_a_refusal_of_a_caller_is_audited_without_personal_data() -> None:
    refused(caller=CUSTOMER, attributes={"authUserName": "Somebody Private"})
    event = AuditEvent.objects.latest("id")
    assert (event.event, event.reason) == ("token_refused", "CHAT-40304")
    assert "Somebody Private" not in json.dumps(list(AuditEvent.objects.values()), default=str)


# Guessing


def failures(count: int, *, name: str = CALLER, address: str = "192.0.2.1") -> list[int]:
    return [ask(caller=name, password="wrong", REMOTE_ADDR=address).status_code for _ in range(count)]


@pytest.mark.parametrize("name", [CALLER, "unknown"], ids=["known name", "unknown name"])
def test_failures_of_a_name_from_an_address_count(name: str) -> None:
    assert failures(12, name=name) == [401] * 10 + [429] * 2
    assert failures(1, name=name, address="198.51.100.7") == [401]
    assert failures(1, name="another") == [401]


def test_the_right_password_does_not_pass_a_full_counter() -> None:
    failures(10)
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 429
    assert ask(REMOTE_ADDR="198.51.100.7").status_code == 201


def test_a_remembered_password_passes_before_any_throttle() -> None:
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201
    assert failures(12)[-1] == 429
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201


def test_failures_of_an_address_count_whatever_the_name(settings: LazySettings) -> None:
    settings.THROTTLE_FAILURES_BY_ADDRESS = 5
    assert [failures(1, name=f"name {number}")[0] for number in range(7)] == [401] * 5 + [429] * 2


def test_where_a_name_lately_signed_in_it_has_an_allowance_of_its_own(settings: LazySettings) -> None:
    from authenticate_app.accounts.memory import forget_everything

    settings.THROTTLE_FAILURES_BY_ADDRESS = 3
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201
    forget_everything()
    assert [failures(1, name=f"name {number}")[0] for number in range(4)] == [401] * 3 + [429]
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201
    assert ask(caller=CUSTOMER, REMOTE_ADDR="192.0.2.1").status_code == 429


def test_an_address_is_forgotten_after_a_while(settings: LazySettings) -> None:
    from authenticate_app.accounts.memory import forget_everything

    settings.THROTTLE_FAILURES_BY_ADDRESS = 3
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 201
    forget_everything()
    KnownAddress.objects.update(signed_in_at=timezone.now() - timedelta(days=31))
    for number in range(4):
        failures(1, name=f"name {number}")
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 429


def test_ipv6_counts_by_64() -> None:
    assert failures(10, address="2001:db8:1:2::1")[-1] == 401
    assert failures(1, address="2001:db8:1:2:ffff::9") == [429]
    assert failures(1, address="2001:db8:1:3::1") == [401]


def test_a_success_clears_the_count() -> None:
    failures(9)
    assert ask(password=PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 201
    assert failures(10) == [401] * 10


def test_the_window_ends() -> None:
    failures(11)
    FailureCount.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert failures(1) == [401]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        ("", "203.0.113.9", "192.0.2.1"),
        ("192.0.2.0/24", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.0/24", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("192.0.2.0/24,198.51.100.7", "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        ("192.0.2.0/24", "nonsense", "192.0.2.1"),
    ],
)
def test_the_address_of_the_client(proxies: str, forwarded: str, counted: str, settings: LazySettings) -> None:
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = tuple(ip_network(proxy) for proxy in proxies.split(",") if proxy)
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    assert ask(headers=headers, REMOTE_ADDR="192.0.2.1").status_code == 201
    assert ChatSession.objects.get().client_address == counted
