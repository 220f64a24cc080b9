"""Whatever is sent to the view, through every middleware: an answer of the contract, and whole sessions or none."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from chat_app.chat_authenticate import views
from chat_app.chat_authenticate.services import IssuedChat, issue_chat_token
from chat_app.sessions.models import ChatSession, ChatToken
from chat_app.sessions.services import BasisChanged
from tests.chat_authenticate.test_schemas_properties import JSON, NAMES, SOME_BODIES, VALID_BODIES
from tests.world import CUSTOMER, ask, body_of, faults, granted, minimal, refused

pytestmark = pytest.mark.usefixtures("world")

AGAIN_AND_AGAIN = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # sessions of earlier examples do no harm
)
HEADER_TEXT = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n\x00"), max_size=30)


def rows() -> tuple[int, int]:
    return ChatSession.objects.count(), ChatToken.objects.count()


def check_whole_or_nothing(raw_body: bytes, **asking: Any) -> int:
    """Ask; a session and its token appear together with a 201, and neither with anything else."""
    before = rows()
    response = ask(raw_body, **asking)
    begun = rows()[0] - before[0], rows()[1] - before[1]
    if response.status_code == 201:
        assert begun in {(1, 1), (0, 1)}
        jti = json.loads(_payload(response.content))["jti"]
        assert ChatToken.objects.get(jti=jti).session.auth_user_name == json.loads(raw_body)["authUserName"]
    else:
        assert begun == (0, 0)
        assert 400 <= response.status_code < 500
        assert response.content
    return response.status_code


def _payload(content: bytes) -> bytes:
    from tests.world import segments_of

    return segments_of(json.loads(content)["jwt"])[1]


@AGAIN_AND_AGAIN
@given(VALID_BODIES)
def test_every_valid_body_gets_a_token(body: dict[str, Any]) -> None:
    assert check_whole_or_nothing(json.dumps(body).encode()) == 201


@AGAIN_AND_AGAIN
@given(VALID_BODIES, SOME_BODIES)
def test_every_attribute_of_any_value(valid: dict[str, Any], others: dict[str, Any]) -> None:
    assert check_whole_or_nothing(json.dumps({**valid, **others}).encode()) in {201, 400}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
def test_one_attribute_of_any_value(name: str, value: object) -> None:
    assert check_whole_or_nothing(json.dumps(minimal(**{name: value})).encode()) in {201, 400}


@AGAIN_AND_AGAIN
@given(JSON)
def test_every_json(body: object) -> None:
    assert check_whole_or_nothing(json.dumps(body).encode()) in {201, 400}


@AGAIN_AND_AGAIN
@given(st.binary(max_size=200))
def test_every_byte(body: bytes) -> None:
    assert check_whole_or_nothing(body) == 400


@AGAIN_AND_AGAIN
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "Accept",
                "Accept-Language",
                "Authorization",
                "Content-Encoding",
                "Metadata-Context",
                "Origin",
                "REST-Framework-Version",
                "X-Forwarded-For",
                "X-Forwarded-Host",
                "X-Forwarded-Proto",
                "X-Request-ID",
            ]
        ),
        HEADER_TEXT,
    )
)
def test_every_header(headers: dict[str, str]) -> None:
    assert check_whole_or_nothing(json.dumps(minimal()).encode(), headers=headers) in {201, 400, 401, 406, 415}


@AGAIN_AND_AGAIN
@given(HEADER_TEXT, HEADER_TEXT)
def test_every_name_and_password(name: str, password: str) -> None:
    assert check_whole_or_nothing(json.dumps(minimal()).encode(), caller=name, password=password) in {401, 429}


@AGAIN_AND_AGAIN
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_address(rest: str) -> None:
    from urllib.parse import quote

    address = f"/crmRestApi/resources/latest/chatAuthenticate/{quote(rest)}"
    assert ask(b"", method="GET", address=address).status_code in {200, 404, 405}


# Attempts


class Failing:
    """Stands for ``issue_chat_token``: fails so many times as if something had changed meanwhile."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0
        self._issue = issue_chat_token

    def __call__(self, **arguments: Any) -> IssuedChat:
        self.asked += 1
        if self.asked <= self.times:
            raise BasisChanged
        return self._issue(**arguments)


def test_a_request_is_worked_through_again_while_its_basis_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(times=views.ATTEMPTS - 1)
    monkeypatch.setattr(views, "issue_chat_token", failing)
    assert granted(question="Why?")["question"] == "Why?"
    assert failing.asked == views.ATTEMPTS
    assert rows() == (1, 1)


def test_a_request_is_not_worked_through_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(times=1000)
    monkeypatch.setattr(views, "issue_chat_token", failing)
    response = ask(headers={"REST-Framework-Version": "4"})
    assert (response.status_code, faults(response)) == (503, [("CHAT-50306", "")])
    assert int(response["Retry-After"]) >= 1
    assert failing.asked == views.ATTEMPTS


def test_a_fault_of_our_own_is_not_worked_through_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail(**_: Any) -> IssuedChat:
        asked.append(1)
        raise DatabaseError("a statement that is wrong")

    monkeypatch.setattr(views, "issue_chat_token", fail)
    with pytest.raises(DatabaseError):
        ask()
    assert asked == [1]


def test_a_statement_that_fails_stores_nothing() -> None:
    @transaction.atomic
    def ask_without_a_table_of_tokens() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE chat_app_chattoken RENAME TO chat_app_chattoken_of_nobody")
        ask()

    with pytest.raises(ProgrammingError):
        ask_without_a_table_of_tokens()
    assert rows() == (0, 0)


# Outcomes


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("chatauth_chat_authenticate_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(
    ("asking", "outcome"),
    [
        ({}, "begun"),
        ({"body": b"[]"}, "CHAT-40007"),
        ({"attributes": {"contactId": "x", "question": 1}}, "CHAT-40022"),
        ({"password": "wrong"}, "CHAT-40101"),
        ({"caller": CUSTOMER}, "CHAT-40304"),
        ({"method": "GET"}, "CHAT-40501"),
        ({"headers": {"Accept": "text/html"}}, "CHAT-40601"),
    ],
    ids=str,
)
def test_every_outcome_is_counted_once(asking: dict[str, Any], outcome: str) -> None:
    before = counted(outcome)
    ask(**asking)
    assert counted(outcome) == before + 1


def test_a_resumed_session_is_counted_as_such() -> None:
    granted(resumeType="RESUME")
    before = counted("resumed"), counted("begun")
    granted(resumeType="RESUME")
    assert (counted("resumed"), counted("begun")) == (before[0] + 1, before[1])


def test_a_refusal_from_memory_is_counted_once() -> None:
    body_of(ask(caller=CUSTOMER, attributes={"authUserName": CUSTOMER}))
    before = counted("CHAT-40304")
    assert refused(caller=CUSTOMER) == [("CHAT-40304", "/authUserName")]
    assert counted("CHAT-40304") == before + 1
