"""The site of the demonstration's business: its page, its tokens, and what is loaded for it."""

import json

import jwt
import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from pytest_django import Settings

from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from chat_app.engagement.customer import demonstration
from chat_app.routing.models import Interface, QueueResource
from chat_app.sessions.models import ChatSession
from tests.engagement import site_urls
from tests.world import CALLER, DEFAULT_QUEUE, INTERFACE, QUEUE, store_user, world

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("world")
HOST = "chat.example.com"


@pytest.fixture
def site(settings: Settings) -> None:
    settings.ROOT_URLCONF = site_urls.__name__


def ask(customer: str = "john", body: bytes = b'{"question": "Where is it?"}') -> HttpResponse:
    address = f"/demo/chat-token?customer={customer}"
    response = Browser().post(address, body, content_type="application/json", secure=True)
    assert isinstance(response, HttpResponse)
    return response


def test_production_has_no_such_site() -> None:
    assert Browser().get("/demo/", secure=True, headers={"Host": HOST}).status_code == 404


@pytest.mark.usefixtures("site")
def test_its_page_has_one_script_tag_that_says_where_the_chat_is() -> None:
    page = Browser().get("/demo/?customer=maria", secure=True, headers={"Host": HOST})
    text = page.content.decode()
    assert text.count("<script") == 1
    assert 'data-token-url="/demo/chat-token?customer=maria"' in text
    assert "Signed in as Maria López" in text


@pytest.mark.usefixtures("site")
def test_it_is_at_the_address_that_may_call_the_chat_server() -> None:
    page = Browser().get("/demo/?customer=maria", secure=True, headers={"Host": "127.0.0.1"})
    assert page.headers["Location"] == f"https://{HOST}/demo/?customer=maria"


@pytest.mark.usefixtures("site")
def test_its_back_end_gets_a_token_for_the_customer() -> None:
    body = json.loads(ask().content)
    claims = jwt.decode(body["jwt"], options={"verify_signature": False})
    session = ChatSession.objects.get()
    assert claims["sub"] == session.auth_user_name == "john.smith@vision.com"
    assert session.request["question"] == "Where is it?"
    assert session.caller.username == CALLER
    assert {"chatSiteName", "poolId", "domain"} < body.keys()


@pytest.mark.usefixtures("site")
def test_a_second_window_goes_on_with_the_same_session() -> None:
    ask()
    ask()
    ask("kenji")
    assert ChatSession.objects.count() == 2


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"question": 7}', b'{"question": "a\\u0000b"}', b"\xff"])
def test_whatever_comes_as_a_question_harms_nobody(body: bytes) -> None:
    assert ask(body=body).status_code == 200


@pytest.mark.usefixtures("site")
def test_it_knows_its_customers_and_nobody_else() -> None:
    assert ask("mallory").status_code == 404
    assert Browser().get("/demo/?customer=mallory", secure=True, headers={"Host": HOST}).status_code == 404


@pytest.mark.usefixtures("site")
def test_without_its_service_account_there_is_no_chat() -> None:
    User.objects.filter(username=CALLER).update(is_active=False)
    assert ask().status_code == 503


@pytest.mark.usefixtures("site")
def test_without_an_interface_there_is_no_chat() -> None:
    Interface.objects.update(enabled=False)
    assert ask().status_code == 503
    assert Browser().get("/demo/", secure=True, headers={"Host": HOST}).status_code == 404


def test_its_agents_serve_every_queue_and_it_may_call_the_chat_server() -> None:
    agents = [store_user(name, CHAT_AGENT, is_demonstration=True) for name in ("anna.agent", "ben.agent")]
    store_user("an.agent.of.somebody", CHAT_AGENT)
    for _time in range(2):
        demonstration.load({})
    assert Interface.objects.get(pk=INTERFACE).allowed_origins == [f"https://{HOST}"]
    found = set(QueueResource.objects.filter(queue_id__in=(DEFAULT_QUEUE, QUEUE)).values_list("queue_id", "agent_id"))
    assert found == {(queue, agent.pk) for queue in (DEFAULT_QUEUE, QUEUE) for agent in agents}


def test_what_somebody_set_stays() -> None:
    anna = store_user("anna.agent", CHAT_AGENT, is_demonstration=True)
    QueueResource.objects.create(queue_id=QUEUE, agent=anna)
    Interface.objects.filter(pk=INTERFACE).update(allowed_origins=["https://www.example.com"])
    demonstration.load({})
    assert QueueResource.objects.count() == 1
    assert Interface.objects.get(pk=INTERFACE).allowed_origins == ["https://www.example.com", f"https://{HOST}"]
