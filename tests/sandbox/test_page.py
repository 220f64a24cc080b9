"""The page of the sandbox, and the browser that plays a phone on it."""

import uuid
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory
from django.utils import timezone

from authenticate_app.sandbox import background, services
from authenticate_app.sandbox.browsers import PHONE_COOKIE, SHEET_COOKIE, SHEET_SESSION_COOKIE
from authenticate_app.sandbox.faults import Fault
from authenticate_app.sandbox.middleware import SimulatedSheet
from authenticate_app.sandbox.models import SandboxBubble, SandboxExchange, SandboxPhone
from tests.sandbox.test_gateway import asked

HOST = "chat.example.com"
SESSION = "__Host-session"

Acts = list[Callable[[], object]]


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> Acts:
    """What phones are about to do in the background; nobody does it."""
    found: Acts = []
    monkeypatch.setattr(background, "run", found.append)
    return found


@pytest.fixture
def browser(sandbox: object) -> Client:
    return Client(headers={"host": HOST})


def get(browser: Client, path: str = "/sandbox/") -> HttpResponse:
    response = browser.get(path, secure=True)
    assert isinstance(response, HttpResponse)
    return response


def post(browser: Client, path: str, **fields: str) -> HttpResponse:
    response = browser.post(f"/sandbox/{path}", fields, secure=True)
    assert isinstance(response, HttpResponse)
    return response


def phone_with_bubble(browser: Client, acts: Acts, flow: str = "new", fault: str = "") -> SandboxBubble:
    post(browser, "ask", flow=flow, fault=fault)
    phone = SandboxPhone.objects.select_related("business__account").get()
    services.keep_received(phone=phone, body=asked(phone, flow), now=timezone.now())
    acts.clear()
    return phone.bubbles.get()


@pytest.mark.django_db
def test_there_is_no_sandbox_where_it_is_off() -> None:
    paths = ("", "ask", "navigated", "gateway/v1/authenticate", "receiver/sandbox-business")
    assert {Client().get(f"/sandbox/{path}", secure=True).status_code for path in paths} == {404}


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ja"])
def test_the_page_before_anything_has_happened(browser: Client, language: str) -> None:
    response = browser.get("/sandbox/", secure=True, headers={"accept-language": language})
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert not SandboxPhone.objects.exists()


def test_at_another_name_of_the_server_the_browser_is_sent_to_its_own(browser: Client) -> None:
    response = browser.get("/sandbox/", secure=True, headers={"host": "127.0.0.1"})
    assert (response.status_code, response["Location"]) == (302, f"https://{HOST}/sandbox/")


def test_what_the_customer_says_is_sent_by_the_phone(browser: Client, acts: Acts) -> None:
    assert post(browser, "say", text="Hello").status_code == 302
    assert len(acts) == 1
    assert PHONE_COOKIE in browser.cookies
    post(browser, "say", text="  ")
    assert len(acts) == 1


def test_asking_prepares_the_phone(browser: Client, acts: Acts) -> None:
    post(browser, "ask", flow="legacy", fault=Fault.GATEWAY_FAILS)
    phone = SandboxPhone.objects.get()
    assert (phone.fault, phone.gateway_failures, "AUTH2" in phone.capabilities) == ("gateway_fails", 2, False)
    post(browser, "ask", flow="new", fault="nonsense")
    phone.refresh_from_db()
    assert (phone.fault, phone.gateway_failures, "AUTH2" in phone.capabilities) == ("", 0, True)
    assert len(acts) == 2


@pytest.mark.parametrize("flow", ["new", "legacy"])
def test_a_tap_opens_the_form_by_the_phones_own_request(browser: Client, acts: Acts, flow: str) -> None:
    bubble = phone_with_bubble(browser, acts, flow)
    assert "Please sign in" in get(browser).content.decode()
    response = post(browser, f"bubbles/{bubble.pk}/open")
    assert response["Location"].startswith(
        f"https://{HOST}/oauth/authorize?client_id=demonstration-messages&redirect_uri="
    )
    assert browser.cookies[SHEET_COOKIE].value
    bubble.refresh_from_db()
    assert bubble.opened_at
    assert acts == []


@pytest.mark.parametrize("fault", [Fault.SHEET_CLOSED, Fault.CONSENT_REFUSED, Fault.SUCCESS_FORGED])
def test_a_customer_who_does_not_sign_in_sees_no_form(browser: Client, acts: Acts, fault: str) -> None:
    bubble = phone_with_bubble(browser, acts, fault=fault)
    assert post(browser, f"bubbles/{bubble.pk}/open")["Location"] == "/sandbox/"
    assert len(acts) == 1


def test_nobody_opens_the_bubble_of_another_phone(browser: Client, acts: Acts) -> None:
    bubble = phone_with_bubble(browser, acts)
    other = Client(headers={"host": HOST})
    assert post(other, f"bubbles/{bubble.pk}/open").status_code == 404
    assert post(other, f"bubbles/{bubble.pk}/chat").status_code == 404


def test_a_navigation_is_taken_over_once(browser: Client, acts: Acts) -> None:
    bubble = phone_with_bubble(browser, acts)
    get(browser, "/sandbox/navigated?to=messages-auth://%3Fstatus%3Dsuccess")
    assert acts == []
    post(browser, f"bubbles/{bubble.pk}/open")
    response = get(browser, "/sandbox/navigated?to=messages-auth://%3Fstatus%3Dsuccess")
    assert (response.status_code, response["Location"], len(acts)) == (302, "/sandbox/", 1)
    get(browser, "/sandbox/navigated?to=messages-auth://%3Fstatus%3Dsuccess")
    assert len(acts) == 1


def test_a_navigation_that_is_not_the_phones_is_ignored(browser: Client, acts: Acts) -> None:
    post(browser, f"bubbles/{phone_with_bubble(browser, acts).pk}/open")
    get(browser, "/sandbox/navigated?to=https://www.example.com/%3Fcode%3Da")
    assert acts == []


def test_who_comes_back_to_the_page_has_closed_the_sheet(browser: Client, acts: Acts) -> None:
    bubble = phone_with_bubble(browser, acts)
    post(browser, f"bubbles/{bubble.pk}/open")
    get(browser)
    assert not browser.cookies[SHEET_COOKIE].value
    assert acts == []


def test_deleting_the_conversation_begins_anew(browser: Client, acts: Acts) -> None:
    phone_with_bubble(browser, acts)
    post(browser, "delete")
    assert len(acts) == 1
    SandboxPhone.objects.update(deleted_at=timezone.now())
    assert "Nothing has been written yet" in get(browser).content.decode()


def test_a_step_into_a_chat_that_is_refused_is_told(browser: Client, acts: Acts, settings: object) -> None:
    bubble = phone_with_bubble(browser, acts)
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    response = post(browser, f"bubbles/{bubble.pk}/chat")
    assert response.status_code == 409
    assert "Nobody answers at http://127.0.0.1:9/oauth/token" in response.content.decode()


# The browser's sign-in page


def sheet(browser: Client, path: str, answer: HttpResponse, **cookies: str) -> tuple[HttpRequest, HttpResponse]:
    """Let the middleware see a request of this browser that is answered so."""
    seen: list[HttpRequest] = []

    def get_response(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return answer

    request = RequestFactory(headers={"host": HOST}).get(path, secure=True)
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()} | cookies
    response = SimulatedSheet(get_response)(request)
    assert isinstance(response, HttpResponse)
    return seen[0], response


@pytest.fixture
def opened(browser: Client, acts: Acts) -> Client:
    post(browser, f"bubbles/{phone_with_bubble(browser, acts).pk}/open")
    return browser


class Elsewhere(HttpResponseRedirect):
    allowed_schemes = ["https", "messages-auth"]  # noqa: RUF012 - as Django declares it


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("messages-auth://?status=success", "/sandbox/navigated?to=messages-auth%3A%2F%2F%3Fstatus%3Dsuccess"),
        (
            "https://auth.businesschat.apple.com?code=a",
            "/sandbox/navigated?to=https%3A%2F%2Fauth.businesschat.apple.com%3Fcode%3Da",
        ),
        ("https://www.example.com/?code=a", "https://www.example.com/?code=a"),
    ],
)
def test_the_phone_takes_over_what_is_its_own(opened: Client, to: str, location: str) -> None:
    _request, response = sheet(opened, "/amb/oauth/callback?code=secret", Elsewhere(to))
    assert response["Location"] == location
    assert "secret" not in SandboxExchange.objects.latest("id").url


def test_other_browsers_are_left_alone(browser: Client, acts: Acts) -> None:
    phone_with_bubble(browser, acts)
    _request, response = sheet(browser, "/amb/oauth/callback", Elsewhere("messages-auth://?status=success"))
    assert response["Location"] == "messages-auth://?status=success"
    assert not SandboxExchange.objects.exists()


def test_other_pages_are_left_alone(opened: Client) -> None:
    request, _response = sheet(opened, "/admin/", HttpResponse(), **{SESSION: "administrator"})
    assert request.COOKIES[SESSION] == "administrator"


def test_the_form_has_a_session_of_its_own(opened: Client) -> None:
    answer = HttpResponse()
    answer.set_cookie(SESSION, "customer")
    request, response = sheet(opened, "/login/", answer, **{SESSION: "administrator"})
    assert SESSION not in request.COOKIES
    assert SESSION not in response.cookies
    assert response.cookies[SHEET_SESSION_COOKIE].value == "customer"
    request, _response = sheet(opened, "/login/", HttpResponse(), **{SHEET_SESSION_COOKIE: "customer"})
    assert request.COOKIES[SESSION] == "customer"


def test_cookies_that_nobody_signed_open_nothing(browser: Client, acts: Acts) -> None:
    bubble = phone_with_bubble(browser, acts)
    browser.cookies = SimpleCookie({PHONE_COOKIE: str(uuid.uuid4()), SHEET_COOKIE: f"{bubble.pk}:x:y"})
    assert get(browser, "/sandbox/navigated?to=messages-auth://%3Fstatus%3Dsuccess").status_code == 302
    assert acts == []
    assert post(browser, f"bubbles/{bubble.pk}/open").status_code == 404
