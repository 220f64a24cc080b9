"""The authorization endpoint (RFC 6749, 3.1 and 4.1; RFC 9207; RFC 9700; OpenID Connect Core, 3.1.2)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import authorization
from authenticate_app.oauth.models import Client, Grant
from tests.oauth.flow import (
    APPLE_NEW,
    CALLBACK,
    ISSUER,
    STATE,
    WEB,
    Registered,
    asking,
    authorize,
    decide,
    register,
    signed_in,
    store_person,
    tokens_for,
    told,
)

FORM = "application/x-www-form-urlencoded"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


# Nobody is sent to an address that is not registered, character by character

VARIATIONS = [
    CALLBACK + "/",
    CALLBACK + "?x=1",
    CALLBACK + "?",
    CALLBACK + "#x",
    CALLBACK + "%2f",
    CALLBACK + "/../evil",
    CALLBACK + ";x",
    CALLBACK.upper(),
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("https", "HTTPS"),
    CALLBACK.replace("www.example.com", "www.example.com:443"),
    CALLBACK.replace("www.example.com", "www.example.com."),
    CALLBACK.replace("www.example.com", "www.example.com.evil.com"),
    CALLBACK.replace("www.example.com", "evil.com@www.example.com"),
    CALLBACK.replace("www.example.com", "www.example.com@evil.com"),
    CALLBACK.replace("www", "evil"),
    CALLBACK + " https://evil.example.com",
    "https://www.example.com",
    "//www.example.com/callback",
    "/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://evil.example.com/callback",
    "https://www.example.com\\@evil.com/callback",
    "x" * 3000,
    "https://www.example.com/callb\u0430ck",
]


@pytest.mark.parametrize("redirect_uri", VARIATIONS)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_an_address_that_is_not_registered_is_not_gone_to(
    web: Registered, person: User, redirect_uri: str, is_signed_in: bool
) -> None:
    browser = signed_in(person) if is_signed_in else Browser()
    for ask in (authorize, decide):
        response = ask(browser, asking(web, redirect_uri=redirect_uri))
        assert response.status_code == 400
        assert "Location" not in response
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "unknown"},
        {"client_id": "x\x00"},
        {"client_id": "x" * 300},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"prompt": "none", "client_id": "unknown"},
    ],
    ids=str,
)
def test_without_a_client_or_its_address_there_is_a_page(web: Registered, changes: dict[str, str | None]) -> None:
    response = authorize(Browser(), asking(web, **changes))
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")
    assert "Location" not in response


def test_a_disabled_client_is_unknown(web: Registered) -> None:
    Client.objects.update(is_active=False)
    assert authorize(Browser(), asking(web)).status_code == 400


def test_an_integration_has_nobody_sign_in(person: User) -> None:
    integration = Client.objects.create(
        client_id="integration", purpose="integration", authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS
    )
    assert authorize(signed_in(person), asking(integration)).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "client_id=web-1&client_id=web-1",
        "state=1&state=2",
        "%",
        "client_id=%ff",
        "&".join("x=1" for _ in range(200)),
        "state=" + "x" * 20_000,
    ],
    ids=lambda query: query[:20],
)
def test_what_cannot_be_read_is_a_page(web: Registered, query: str) -> None:
    assert authorize(Browser(), f"{query}&{urlencode(asking(web, client_id=None))}").status_code == 400


# Everything else goes back to the client, with its state and our name (RFC 9207)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "+" * 43}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none", "scope": "chat.authenticate"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "9" * 30}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://x.example"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
    ids=str,
)
def test_an_error_goes_back_to_the_client(web: Registered, changes: dict[str, str | None], error: str) -> None:
    answer = told(authorize(Browser(), asking(web, **changes)))
    assert answer.pop("error_description").isascii()
    assert answer == {"error": error, "state": STATE, "iss": ISSUER}


def test_the_query_of_a_registered_address_is_kept(person: User) -> None:
    address = "https://www.example.com/callback?shop=7"
    client = register(WEB, redirect_uris=address)
    for parameters in (asking(client, redirect_uri=address), asking(client, redirect_uri=address, scope="x")):
        location = decide(signed_in(person), parameters)["Location"]
        assert location.startswith(address + "&")
        assert parse_qs(urlsplit(location).query)["iss"] == [ISSUER]


def test_without_a_state_none_comes_back(web: Registered, person: User) -> None:
    answer = told(decide(signed_in(person), asking(web, state=None)))
    assert answer.keys() == {"code", "iss"}


@pytest.mark.parametrize("state", ["a b&c=d", "ä", "%2B+", '"><script>', "x" * 4000])
def test_a_state_comes_back_as_it_was(web: Registered, person: User, state: str) -> None:
    assert told(decide(signed_in(person), asking(web, state=state)))["state"] == state
    assert told(authorize(Browser(), asking(web, state=state, scope="x")))["state"] == state


def test_what_is_not_known_is_ignored(web: Registered, person: User) -> None:
    extra = {"client": "x", "user": "1", "scopes": "x", "extra_credentials": "x", "display": "popup", "claims": "{"}
    assert "code" in told(decide(signed_in(person), {**asking(web), **extra}))
    assert Grant.objects.get().user == person


# Signing in


def signing_in_at(response: object) -> tuple[str, dict[str, str]]:
    """Where a redirect to the sign-in page comes back to: path and parameters."""
    location = urlsplit(response["Location"])  # type: ignore[index]
    assert location.path == "/login/"
    back = urlsplit(parse_qs(location.query)["next"][0])
    return back.geturl(), {name: values[0] for name, values in parse_qs(back.query).items()}


def test_who_is_not_signed_in_signs_in_first_and_comes_back_with_the_whole_request(web: Registered) -> None:
    asked = asking(web, login_hint="john", ui_locales="de en")
    back, parameters = signing_in_at(authorize(Browser(), asked))
    assert back.startswith("/oauth/authorize?")
    assert asked.items() <= parameters.items()


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}], ids=str)
def test_who_has_to_sign_in_afresh_does_so_once(web: Registered, person: User, changes: dict[str, str]) -> None:
    browser = signed_in(person)
    User.objects.update(last_login=timezone.now() - timedelta(minutes=5))
    response = authorize(browser, asking(web, **changes))
    assert "again" in parse_qs(urlsplit(response["Location"]).query, keep_blank_values=True)
    back, _parameters = signing_in_at(response)
    assert browser.get(back, secure=True).status_code == 302  # nobody signed in meanwhile
    User.objects.update(last_login=timezone.now() + timedelta(seconds=1))
    assert browser.get(back, secure=True).status_code == 200


def test_the_proof_of_having_signed_in_is_good_for_its_own_request_alone(web: Registered, person: User) -> None:
    browser = signed_in(person)
    User.objects.update(last_login=timezone.now() + timedelta(seconds=1))
    _back, parameters = signing_in_at(authorize(browser, asking(web, prompt="login")))
    proof = parameters["signed_in_after"]
    other = asking(web, prompt="login", state="another")
    for forged in (proof, proof[:-1] + "A", "x", ""):
        assert authorize(browser, {**other, "signed_in_after": forged})["Location"].startswith("/login/")


def test_the_proof_of_having_signed_in_is_good_in_its_own_browser_alone(web: Registered, person: User) -> None:
    """Else whoever made the link beforehand could have somebody follow it who signs in elsewhere meanwhile."""
    back, _parameters = signing_in_at(authorize(Browser(), asking(web, prompt="login")))
    victim = signed_in(person)
    User.objects.update(last_login=timezone.now() + timedelta(seconds=1))
    for _ in range(2):
        response = victim.get(back, secure=True)
        assert response["Location"].startswith("/login/?again")
    back, _parameters = signing_in_at(response)
    User.objects.update(last_login=timezone.now() + timedelta(seconds=2))
    assert victim.get(back, secure=True).status_code == 200


def test_the_proof_of_having_signed_in_is_good_for_a_while_alone(
    web: Registered, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes to a browser later and goes back in its history signs in themselves."""
    browser = signed_in(person)
    back, _parameters = signing_in_at(authorize(browser, asking(web, prompt="login")))
    User.objects.update(last_login=timezone.now())
    assert browser.get(back, secure=True).status_code == 200
    monkeypatch.setattr(authorization, "COMES_BACK_WITHIN", timedelta(0))
    assert browser.get(back, secure=True)["Location"].startswith("/login/?again")


def test_an_old_enough_sign_in_is_not_good_enough(web: Registered, person: User) -> None:
    browser = signed_in(person)
    User.objects.update(last_login=timezone.now() - timedelta(seconds=100))
    assert authorize(browser, asking(web, max_age="200")).status_code == 200
    assert authorize(browser, asking(web, max_age="50")).status_code == 302
    assert told(authorize(browser, asking(web, max_age="50", prompt="none")))["error"] == "login_required"


def test_an_id_token_hint_names_who_is_expected(web: Registered, person: User) -> None:
    hint = tokens_for(web, person)["id_token"]
    jane = signed_in(store_person("jane", email=""))
    assert "code" in told(decide(signed_in(person), asking(web, id_token_hint=hint)))
    assert told(authorize(jane, asking(web, id_token_hint=hint, prompt="none")))["error"] == "login_required"
    back, _parameters = signing_in_at(authorize(jane, asking(web, id_token_hint=hint)))
    User.objects.update(last_login=timezone.now() + timedelta(seconds=1))
    assert told(jane.get(back, secure=True))["error"] == "login_required"  # type: ignore[arg-type]


@pytest.mark.parametrize("hint", ["x", "a.b.c", "e30.e30."])
def test_what_is_no_id_token_of_ours_is_no_hint(web: Registered, person: User, hint: str) -> None:
    assert told(authorize(signed_in(person), asking(web, id_token_hint=hint)))["error"] == "invalid_request"


def test_who_was_disabled_is_not_signed_in(web: Registered, person: User) -> None:
    browser = signed_in(person)
    User.objects.update(is_active=False)
    assert authorize(browser, asking(web))["Location"].startswith("/login/")


def test_a_request_that_the_sign_in_page_would_not_take_is_refused(web: Registered) -> None:
    answer = told(authorize(Browser(), asking(web, login_hint="\u00e4" * 1500)))
    assert answer["error"] == "invalid_request"


# Consent


def test_the_page_says_who_asks_and_for_what(web: Registered, person: User) -> None:
    page = authorize(signed_in(person), asking(web, scope="openid email")).content.decode()
    assert "Vision Shop" in page
    assert "See your e-mail address" in page
    assert "See your name" not in page


def test_who_refuses_gives_nothing(web: Registered, person: User) -> None:
    answer = told(decide(signed_in(person), asking(web), "refuse"))
    assert answer.keys() == {"error", "error_description", "state", "iss"}
    assert answer["error"] == "access_denied"
    assert not Grant.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("consent_refused", person)


def test_consent_is_audited_with_what_was_agreed_to(web: Registered, person: User) -> None:
    decide(signed_in(person), asking(web))
    event = AuditEvent.objects.get()
    assert (event.event, event.changes) == ("consent_given", {"scopes": [None, ["openid", "profile"]]})


def test_a_trusted_client_does_not_ask(person: User) -> None:
    client = register(WEB, is_trusted=True)
    assert "code" in told(authorize(signed_in(person), asking(client)))
    assert "code" in told(authorize(signed_in(person), asking(client, prompt="none")))


def test_who_agreed_in_a_sign_in_that_goes_on_is_not_asked_again(web: Registered, person: User) -> None:
    browser = signed_in(person)
    assert told(authorize(browser, asking(web, prompt="none")))["error"] == "consent_required"
    tokens_for(web, person, scope="openid profile")
    assert "code" in told(authorize(browser, asking(web, scope="openid", prompt="none")))
    assert "code" in told(authorize(browser, asking(web)))
    assert authorize(browser, asking(web, prompt="consent")).status_code == 200
    assert authorize(browser, asking(web, scope="openid email")).status_code == 200
    assert authorize(browser, asking(register(WEB, client_id="web-2"))).status_code == 200


def test_the_flows_of_apple_ask_every_time(person: User) -> None:
    apple = register(APPLE_NEW)
    without_pkce = asking(apple, code_challenge=None, code_challenge_method=None)
    browser = signed_in(person)
    for _ in range(2):
        assert authorize(browser, without_pkce).status_code == 200
        assert "code" in told(decide(browser, without_pkce))


def test_a_form_of_another_site_agrees_to_nothing(web: Registered, person: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    response = decide(browser, asking(web))
    assert response.status_code == 403
    assert not Grant.objects.exists()


def test_a_client_may_post_and_the_browser_comes_again(web: Registered, person: User) -> None:
    """OpenID Connect Core, section 3.1.2.1: GET and POST."""
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    response = browser.post("/oauth/authorize", urlencode(asking(web)), content_type=FORM, secure=True)
    assert response.status_code == 303
    assert response["Cache-Control"] == "no-store"
    assert "scopes" in browser.get(response["Location"], secure=True).content.decode()
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("body", "kind"), [("{}", "application/json"), ("x=%ff", FORM), ("a=1&a=2&" * 200, FORM)])
def test_what_a_client_posts_and_cannot_be_read_is_a_page(web: Registered, body: str, kind: str) -> None:
    response = Browser(enforce_csrf_checks=True).post("/oauth/authorize", body, content_type=kind, secure=True)
    assert response.status_code == 400
    assert "Location" not in response


def test_the_decision_of_somebody_who_is_signed_out_counts_for_nothing(web: Registered) -> None:
    assert decide(Browser(), asking(web))["Location"].startswith("/login/")
    assert not AuditEvent.objects.exists()


def test_no_other_site_may_frame_the_page_or_learn_its_address(web: Registered, person: User) -> None:
    browser = signed_in(person)
    for response in (authorize(browser, asking(web)), decide(browser, asking(web)), authorize(browser, {"x": "y"})):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
    page = authorize(signed_in(store_person("jane", email="")), asking(web))
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("given", "targets"),
    [(WEB, "'self' https://www.example.com"), (APPLE_NEW, "'self' https://www.example.com messages-auth:")],
)
def test_forms_may_lead_back_to_the_client_and_nowhere_else(person: User, given: dict[str, str], targets: str) -> None:
    client = register(given)
    page = authorize(signed_in(person), asking(client))
    policy = dict(part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";"))
    assert policy["form-action"] == targets
    sign_in = Browser().get(authorize(Browser(), asking(client))["Location"], secure=True)
    policy = dict(part.strip().partition(" ")[::2] for part in sign_in["Content-Security-Policy"].split(";"))
    assert policy["form-action"] == targets


def test_only_get_and_post_ask(web: Registered) -> None:
    assert Browser().put(f"/oauth/authorize?{urlencode(asking(web))}", secure=True).status_code == 405
