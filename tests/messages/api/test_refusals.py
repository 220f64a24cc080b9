from typing import Any

import pytest
from django.db import OperationalError

from authenticate_app.messages.api import problems, selectors
from authenticate_app.messages.models import Business, Conversation
from authenticate_app.oauth.models import Client
from tests.messages.api.conftest import BASE, Call
from tests.pages import Browser
from tests.tokens import store_token


def sent(path: str, body: bytes, *, token: str, content_type: str = "application/json", **headers: str) -> Any:
    return Browser().post(
        BASE + path, data=body, content_type=content_type, headers={"Authorization": f"Bearer {token}", **headers}
    )


def test_who_sends_no_token_is_asked_for_one(shop: Business) -> None:
    refused = Browser().get(f"{BASE}/conversations")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert refused["Content-Type"] == problems.MEDIA_TYPE
    assert refused.json()["code"] == "access-token-missing"


@pytest.mark.parametrize("path", ["/conversations/no-id", "/sign-in-requests/1/chat", "/nowhere", "/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_leads_nowhere_is_a_problem_too(method: str, path: str) -> None:
    refused = Browser().generic(method, BASE + path)
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert refused["Content-Type"] == problems.MEDIA_TYPE


def test_an_unknown_token_is_refused(shop: Business) -> None:
    refused = Browser().get(f"{BASE}/conversations", headers={"Authorization": "Bearer unknown"})
    assert (refused.status_code, refused.json()["code"]) == (401, "access-token-not-valid")
    assert 'error="invalid_token"' in refused["WWW-Authenticate"]


def test_a_password_is_no_token(shop: Business) -> None:
    refused = Browser().get(f"{BASE}/conversations", headers={"Authorization": "Basic ZGNzOnBhc3N3b3Jk"})
    assert refused.status_code == 401


def test_a_token_in_the_address_is_refused(shop: Business, token: str) -> None:
    refused = Browser().get(f"{BASE}/conversations?access_token={token}")
    assert (refused.status_code, refused.json()["code"]) == (400, "token-not-sent-well")


def test_a_token_without_the_scope_is_refused(integration: Client) -> None:
    Client.objects.filter(pk=integration.pk).update(allowed_scopes="chat.authenticate")
    refused = Browser().get(f"{BASE}/conversations", headers={"Authorization": f"Bearer {store_token(integration)}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b'"text"', ""),
        (b"\xff", ""),
        (b'{"scopes": "openid"}', "/scopes"),
        (b'{"scopes": [1]}', "/scopes/0"),
        (b'{"scopes": ["a b"]}', "/scopes/0"),
        (b'{"scopes": ["\\u0000"]}', "/scopes/0"),
        (b'{"reference": "\\u0000"}', "/reference"),
        (b'{"reference": "\\ud800"}', ""),
        (b'{"reference": 7}', "/reference"),
        (b'{"refrence": "x"}', "/refrence"),
        (b'{"scopes": ' + b"[" * 500 + b"]" * 500 + b"}", ""),
    ],
)
def test_a_fault_in_the_body_is_named(token: str, chat: Conversation, body: bytes, where: str) -> None:
    refused = sent(f"/conversations/{chat.pk}/sign-in-requests", body, token=token)
    assert refused.status_code == 400
    problem = refused.json()
    assert problem["code"] == "invalid-request"
    assert problem["errors"][0]["where"] == where
    assert problem["errors"][0]["detail"].endswith(".")


def test_a_long_body_is_refused(token: str, chat: Conversation) -> None:
    refused = sent(f"/conversations/{chat.pk}/messages", b'{"text": "' + b"x" * 70_000 + b'"}', token=token)
    assert (refused.status_code, refused.json()["code"]) == (413, "body-too-long")


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("application/json; charset=utf-16", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_another_form_of_body_is_refused(
    token: str, chat: Conversation, content_type: str, headers: dict[str, str]
) -> None:
    path = f"/conversations/{chat.pk}/messages"
    refused = sent(path, b'{"text": "x"}', token=token, content_type=content_type, **headers)
    assert (refused.status_code, refused.json()["code"]) == (415, "media-type-not-supported")


def test_other_methods_are_named(call: Call) -> None:
    refused = call("DELETE", "/conversations")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_methods_are_named_for_those_who_ask(call: Call) -> None:
    answered = call("OPTIONS", "/conversations")
    assert (answered.status_code, answered["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_another_form_of_answer_is_refused(call: Call) -> None:
    assert call("GET", "/conversations", headers={"Accept": "text/html"}).status_code == 406


def test_sentences_are_in_the_language_of_the_client(call: Call) -> None:
    refused = call("GET", "/conversations?limit=0", headers={"Accept-Language": "de"})
    assert refused["Content-Language"] == "de"
    assert refused.json()["errors"] == [{"where": "limit", "detail": "Das muss mindestens 1 sein."}]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=x", "This has to be a whole number."),
        ("limit=201", "This may be at most 200."),
        ("limit=" + "9" * 5000, "This has to be a whole number."),
        ("after=x", "This is no id."),
        ("customer=" + "x" * 301, "This may have at most 300 characters."),
        ("else=x", "This is not known here."),
        ("limit=1&limit=2", "This comes more than once."),
    ],
)
def test_a_fault_in_a_parameter_is_told_in_a_sentence(call: Call, query: str, sentence: str) -> None:
    refused = call("GET", f"/conversations?{query}")
    where = query.partition("=")[0]
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"where": where, "detail": sentence}])


def test_states_are_named(call: Call) -> None:
    (fault,) = call("GET", "/sign-in-requests?state=x").json()["errors"]
    assert fault["detail"].startswith("This has to be one of: 'created', 'sent', ")
    assert " or " not in fault["detail"]


@pytest.mark.parametrize(
    "body",
    [b'{"reference": "a", "reference": "a"}', b'{"reference": "a", "re\\u0066erence": "b"}'],
    ids=["as is", "escaped"],
)
def test_a_name_that_stands_twice_is_refused(token: str, chat: Conversation, body: bytes) -> None:
    refused = sent(f"/conversations/{chat.pk}/sign-in-requests", body, token=token)
    sentence = 'The name "reference" stands twice in the same object.'
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"where": "", "detail": sentence}])


def test_without_a_database_the_answer_is_503(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(selectors, "list_conversations", away)
    refused = call("GET", "/conversations")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused["Retry-After"]) > 0


def test_the_type_of_a_problem_leads_to_its_meaning(call: Call) -> None:
    kind = call("GET", "/conversations?limit=0").json()["type"]
    explained = Browser().get("/api" + kind.partition("/api")[2])
    assert explained.json()["code"] == "invalid-request"
    assert Browser().get(f"{BASE}/problems/none").status_code == 404
