"""How clients prove who they are (RFC 6749, sections 2.3 and 5.2), and what their requests look like."""

from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django.utils import timezone
from prometheus_client import REGISTRY

from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.secrets import checksum, matches, new_secret
from authenticate_app.oauth.services import set_new_secret
from authenticate_app.throttling.models import FailureCount
from tests.oauth.flow import Registered, ask_token, body_of, claims_of, error_of, header_of, introspect, userinfo
from tests.tokens import store_integration
from tests.world import basic, store_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
GRANT = {"grant_type": "client_credentials"}


def test_an_integration_gets_a_token_of_its_own(integration: Registered) -> None:
    answer = body_of(ask_token(GRANT, headers=integration.authorization))
    assert answer.keys() == {"access_token", "expires_in", "token_type", "scope"}
    assert answer["scope"] == "chat.authenticate"
    told = introspect(integration, answer["access_token"])
    assert (told["sub"], told["client_id"]) == (integration.client_id, integration.client_id)
    assert AccessToken.objects.get().user is None


def test_userinfo_is_about_people(integration: Registered) -> None:
    token = body_of(ask_token(GRANT, headers=integration.authorization))["access_token"]
    response = userinfo(token)
    assert error_of(response, 403) == "insufficient_scope"
    assert response["WWW-Authenticate"].startswith('Bearer realm="oauth", error="insufficient_scope"')


def test_a_signed_token_of_an_integration_is_about_the_integration() -> None:
    row = store_integration(store_user("service"), signed_access_tokens=True, signed_because="A partner verifies it.")
    client = Registered(row, set_new_secret(row))
    row.save()
    token = body_of(ask_token(GRANT, headers=client.authorization))["access_token"]
    assert header_of(token)["typ"] == "at+jwt"
    assert claims_of(token)["sub"] == client.client_id
    assert introspect(client, token)["active"]


@pytest.mark.parametrize("scope", ["openid", "chat.authenticate openid", "x"])
def test_an_integration_asks_for_nothing_of_people(integration: Registered, scope: str) -> None:
    assert error_of(ask_token({**GRANT, "scope": scope}, headers=integration.authorization)) == "invalid_scope"


def test_the_form_is_as_good_as_the_header(integration: Registered) -> None:
    body_of(ask_token({**GRANT, "client_id": integration.client_id, "client_secret": integration.secret}))


def test_the_parts_of_the_header_are_form_encoded() -> None:
    row = store_integration(store_user("service"), client_id="a:b c")
    secret = set_new_secret(row)
    row.save()
    encoded = urlencode({"a:b c": secret}).replace("=", ":", 1)
    header = "Basic " + b64encode(encoded.encode()).decode()
    body_of(ask_token(GRANT, headers={"Authorization": header}))


def test_two_proofs_at_once_are_refused(integration: Registered) -> None:
    form = {**GRANT, "client_id": integration.client_id, "client_secret": integration.secret}
    assert error_of(ask_token(form, headers=integration.authorization)) == "invalid_request"
    assert error_of(ask_token({**GRANT, "client_id": "x"}, headers=integration.authorization)) == "invalid_request"
    same = {**GRANT, "client_id": integration.client_id}
    body_of(ask_token(same, headers=integration.authorization))


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, {}),
        (None, {"client_id": "unknown", "client_secret": "x"}),
        ("Basic !", {}),
        ("Basic ", {}),
        ("Bearer x", {}),
        ("basic", {}),
        (basic("unknown", "x"), {}),
        ("known", {}),
        (None, "known"),
    ],
)
@pytest.mark.parametrize("address", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_who_proves_nothing_gets_nothing(
    integration: Registered, header: str | None, form: dict[str, str] | str, address: str
) -> None:
    if header == "known":
        header = basic(integration.client_id, integration.secret[:-1])
    given = {"client_id": integration.client_id} if isinstance(form, str) else form
    headers = {"Authorization": header} if header else {}
    response = ask_token({**GRANT, "token": "x", **given}, headers=headers, address=address)
    assert error_of(response, 401) == "invalid_client"
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert response["Cache-Control"] == "no-store"
    assert not AccessToken.objects.exists()


def test_a_disabled_client_is_nobody(integration: Registered) -> None:
    Client.objects.update(is_active=False)
    assert error_of(ask_token(GRANT, headers=integration.authorization), 401) == "invalid_client"


def test_an_old_secret_is_none(integration: Registered) -> None:
    new = set_new_secret(integration.row)
    integration.row.save()
    assert error_of(ask_token(GRANT, headers=integration.authorization), 401) == "invalid_client"
    body_of(ask_token(GRANT, headers=Registered(integration.row, new).authorization))


def test_wrong_secrets_are_audited_and_counted_up_to_an_allowance(integration: Registered, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    wrong = {"Authorization": basic(integration.client_id, "x")}
    statuses = [ask_token(GRANT, headers=wrong).status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert int(ask_token(GRANT, headers=wrong)["Retry-After"]) > 0
    events = list(AuditEvent.objects.order_by("id").values_list("event", "reason"))
    assert events == [("oauth_client_refused", "wrong-secret")] * 3 + [("oauth_client_throttled", "wrong-secret")]
    body_of(ask_token(GRANT, headers=integration.authorization))  # the right one is not shut out
    FailureCount.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert ask_token(GRANT, headers=wrong).status_code == 401


def test_whoever_makes_up_clients_uses_up_their_own_count(settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    made_up = [{"Authorization": basic(f"made-up-{number}", "x")} for number in range(4)]
    statuses = [ask_token(GRANT, headers=each, REMOTE_ADDR="192.0.2.1").status_code for each in made_up]
    assert statuses == [401, 401, 401, 429]
    assert ask_token(GRANT, headers=made_up[0], REMOTE_ADDR="192.0.2.2").status_code == 401


def test_what_was_typed_as_a_client_is_kept_as_a_pseudonym_alone(integration: Registered) -> None:
    ask_token(GRANT, headers={"Authorization": basic("typed by mistake", "hush hush")})
    event = AuditEvent.objects.get()
    assert (event.reason, event.object_id) == ("unknown-client", "")
    assert event.pseudonym
    assert "mistake" not in repr(event.__dict__)


def test_secrets_are_long_and_recognized_by_a_cheap_hash() -> None:
    secret = new_secret()
    assert len(secret) == 128
    assert matches(secret, checksum(secret))
    assert not matches(secret[:-1], checksum(secret))
    assert not matches("", "")
    assert not matches(secret, "")


# The shape of requests


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("grant_type=client_credentials&grant_type=client_credentials", {}),
        ("grant_type=%ff", {}),
        ("grant_type=client_credentials&scope=%00", {}),
        ("", {}),
        ('{"grant_type": "client_credentials"}', {"content_type": "application/json"}),
        ("grant_type=client_credentials", {"content_type": "text/plain"}),
        ("grant_type=client_credentials", {"QUERY_STRING": "client_id=x"}),
        ("grant_type=client_credentials&scope=" + "x" * 2000, {}),
        ("x=" + "y" * 70_000, {}),
        ("&".join(f"x{number}=1" for number in range(200)), {}),
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_said_so(integration: Registered, body: str, extra: dict[str, str]) -> None:
    response = ask_token(body, headers=integration.authorization, **extra)
    assert error_of(response) == "invalid_request"


def test_a_charset_in_the_media_type_does_no_harm(integration: Registered) -> None:
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    body_of(ask_token(GRANT, headers=integration.authorization, content_type=kind))


@pytest.mark.parametrize("address", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_only_posts_are_taken(address: str) -> None:
    response = Browser().get(address, secure=True)
    assert error_of(response, 405) == "invalid_request"  # type: ignore[arg-type]
    assert response["Allow"] == "POST"


def test_machines_get_neither_cookies_nor_need_them(integration: Registered) -> None:
    browser = Browser(enforce_csrf_checks=True)
    kind = "application/x-www-form-urlencoded"
    response = browser.post(
        "/oauth/token", urlencode(GRANT), content_type=kind, secure=True, headers=integration.authorization
    )
    assert response.status_code == 200
    assert not response.cookies


def test_every_answer_is_counted(integration: Registered) -> None:
    def counted(outcome: str) -> float:
        labels = {"endpoint": "token", "outcome": outcome}
        return REGISTRY.get_sample_value("chatauth_oauth_answers_total", labels) or 0.0

    done, refused = counted("done"), counted("invalid_client")
    ask_token(GRANT, headers=integration.authorization)
    ask_token(GRANT)
    assert (counted("done"), counted("invalid_client")) == (done + 1, refused + 1)
