"""From the code to the token (RFC 6749, sections 4.1.2 to 5.2; RFC 7636; OpenID Connect Core, section 3.1.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from authenticate_app.oauth.secrets import checksum
from authenticate_app.oauth.tokens import verify_hint
from tests.oauth.flow import (
    CHALLENGE,
    ISSUER,
    NONCE,
    STATE,
    VERIFIER,
    WEB,
    Registered,
    ask_token,
    asking,
    body_of,
    claims_of,
    code_for,
    decide,
    error_of,
    exchange,
    header_of,
    introspect,
    left_half,
    refresh,
    register,
    signed_in,
    tokens_for,
    told,
    userinfo,
)
from tests.world import CONTACT_ID, ORGANIZATION_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def test_a_code_becomes_tokens(web: Registered, person: User) -> None:
    answer = told(decide(signed_in(person), asking(web)))
    assert answer == {"code": answer["code"], "state": STATE, "iss": ISSUER}
    response = exchange(web, answer["code"])
    tokens = body_of(response)
    assert tokens.keys() == {"access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 600, "openid profile")
    assert response["Cache-Control"] == "no-store"
    assert response["Pragma"] == "no-cache"


def test_an_id_token_says_who_signed_in_when_and_how(web: Registered, person: User) -> None:
    browser = signed_in(person)
    session = browser.session
    session["chatauth_auth_time"], session["chatauth_amr"] = 1_700_000_000, ["pwd", "otp"]
    session.save()
    before = int(timezone.now().timestamp())
    tokens = body_of(exchange(web, told(decide(browser, asking(web, scope="openid")))["code"]))
    claims = claims_of(tokens["id_token"])
    assert before <= claims.pop("iat") <= before + 60
    assert before + 600 <= claims.pop("exp") <= before + 660
    assert claims == {
        "iss": ISSUER,
        "sub": str(person.subject),
        "aud": web.client_id,
        "auth_time": 1_700_000_000,
        "amr": ["pwd", "otp"],
        "nonce": NONCE,
        "at_hash": left_half(tokens["access_token"]),
    }
    assert header_of(tokens["id_token"])["kid"] == "trustservice"
    assert verify_hint(tokens["id_token"], now=timezone.now()) is not None


def test_the_half_hash_is_that_of_the_standard() -> None:
    from authenticate_app.oauth.tokens import half_hash

    example = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"  # OpenID Connect Core, appendix A.3
    assert half_hash(example) == "77QmUPtjPfzWtF2AnpK9RQ"


def test_without_openid_there_is_no_id_token(web: Registered, person: User) -> None:
    assert "id_token" not in tokens_for(web, person, scope="chat.authenticate")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", set()),
        ("openid profile", {"name", "given_name", "family_name", "preferred_username"}),
        ("openid email", {"email", "email_verified"}),
        ("openid chat", {"contact_party_id", "organization_party_id"}),
    ],
)
def test_claims_come_by_scope(web: Registered, person: User, scope: str, expected: set[str]) -> None:
    tokens = tokens_for(web, person, scope=scope)
    claims = body_of(userinfo(tokens["access_token"]))
    assert claims.keys() == {"sub", *expected}
    assert expected <= claims_of(tokens["id_token"]).keys()


def test_the_values_of_claims(web: Registered, person: User) -> None:
    tokens = tokens_for(web, person, scope="openid profile email chat")
    assert body_of(userinfo(tokens["access_token"])) == {
        "sub": str(person.subject),
        "name": "John Smith",
        "given_name": "John",
        "family_name": "Smith",
        "preferred_username": "john.smith",
        "email": "john.smith@vision.com",
        "email_verified": True,
        "contact_party_id": str(CONTACT_ID),
        "organization_party_id": str(ORGANIZATION_ID),
    }


def test_what_a_person_does_not_have_is_left_out(web: Registered) -> None:
    nobody_in_particular = User.objects.create_user("j", "correct horse")
    tokens = tokens_for(web, nobody_in_particular, scope="openid profile email chat")
    assert body_of(userinfo(tokens["access_token"])).keys() == {"sub", "name", "preferred_username"}


def test_neither_codes_nor_tokens_nor_secrets_are_stored(web: Registered, person: User) -> None:
    code = code_for(web, person)
    tokens = body_of(exchange(web, code))
    rows = [*Grant.objects.values(), *AccessToken.objects.values(), *RefreshToken.objects.values()]
    rows += Client.objects.values()
    stored = repr(rows)
    for secret in (code, tokens["access_token"], tokens["refresh_token"], web.secret):
        assert secret not in stored
    assert AccessToken.objects.get().token_checksum == checksum(tokens["access_token"])


# Codes are good once, for a minute, for their client, with their verifier


def test_a_code_that_comes_again_ends_everything_that_it_gave(web: Registered, person: User) -> None:
    code = code_for(web, person)
    tokens = body_of(exchange(web, code))
    tokens = {**tokens, **body_of(refresh(web, tokens["refresh_token"]))}
    assert error_of(exchange(web, code)) == "invalid_grant"
    assert introspect(web, tokens["access_token"]) == {"active": False}
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert AuditEvent.objects.get(event=Event.OAUTH_TOKEN_REUSED).reason == "code"


def test_a_code_that_expired_gives_nothing(web: Registered, person: User) -> None:
    code = code_for(web, person)
    Grant.objects.update(expires=timezone.now())
    assert error_of(exchange(web, code)) == "invalid_grant"
    assert not AccessToken.objects.exists()


def test_a_code_lives_for_the_time_that_is_set(web: Registered, person: User) -> None:
    before = timezone.now()
    code_for(web, person)
    lifetime = Grant.objects.get().expires - before
    assert timedelta(seconds=60) <= lifetime < timedelta(seconds=70)


def test_the_code_of_another_client_gives_nothing_and_stays_good(web: Registered, person: User) -> None:
    code = code_for(web, person)
    other = register(WEB, client_id="web-2")
    assert error_of(exchange(other, code)) == "invalid_grant"
    body_of(exchange(web, code))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "x"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:42]}, "invalid_grant"),
        ({"code_verifier": VERIFIER + "ä"}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "https://www.example.com/callback/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
    ids=str,
)
def test_what_does_not_fit_gives_nothing(
    web: Registered, person: User, changes: dict[str, str | None], error: str
) -> None:
    code = code_for(web, person)
    assert error_of(exchange(web, **{"code": code, **changes})) == error  # type: ignore[arg-type]
    assert not AccessToken.objects.exists()
    body_of(exchange(web, code))


def test_a_verifier_without_a_challenge_says_that_the_challenge_was_taken_out(person: User) -> None:
    from tests.oauth.flow import APPLE_NEW

    apple = register(APPLE_NEW)
    code = code_for(apple, person, code_challenge=None, code_challenge_method=None)
    assert error_of(exchange(apple, code)) == "invalid_request"


def test_a_code_dies_with_the_persons_password_or_account(web: Registered, person: User) -> None:
    code = code_for(web, person)
    person.set_password("another horse")
    person.save()
    assert error_of(exchange(web, code)) == "invalid_grant"
    code = code_for(web, person)
    User.objects.update(is_active=False)
    assert error_of(exchange(web, code)) == "invalid_grant"


def test_a_renewed_hash_of_the_same_password_changes_nothing(web: Registered, person: User) -> None:
    code = code_for(web, person)
    assert User.objects.update(password="argon2$another hash of the same") == 1
    tokens = body_of(exchange(web, code))
    assert introspect(web, tokens["access_token"])["active"]


def test_a_scope_that_the_client_lost_meanwhile_is_not_given(web: Registered, person: User) -> None:
    code = code_for(web, person)
    Client.objects.update(allowed_scopes="openid")
    assert body_of(exchange(web, code))["scope"] == "openid"
    code = code_for(web, person, scope="openid")
    Client.objects.update(allowed_scopes="email")
    assert error_of(exchange(web, code)) == "invalid_grant"


def test_every_issue_and_refusal_is_audited_without_secrets(web: Registered, person: User) -> None:
    code = code_for(web, person)
    body_of(exchange(web, code))
    error_of(exchange(web, code))
    events = list(AuditEvent.objects.order_by("id").values_list("event", "reason", "actor_id", "object_id"))
    of_client = str(web.row.pk)
    assert events == [
        ("consent_given", "", person.pk, of_client),
        ("oauth_token_issued", "authorization_code", person.pk, of_client),
        ("oauth_token_reused", "code", person.pk, of_client),
        ("oauth_token_refused", "code-reused", person.pk, of_client),
    ]
    assert code not in repr(list(AuditEvent.objects.values()))


# Public clients


def test_a_public_client_proves_itself_by_its_verifier_alone(person: User) -> None:
    app = register(WEB, client_type=Client.CLIENT_PUBLIC)
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "code": code_for(app, person),
        "redirect_uri": "https://www.example.com/callback",
    }
    assert error_of(ask_token(form)) == "invalid_request"
    tokens = body_of(ask_token({**form, "code_verifier": VERIFIER}))
    form = {"grant_type": "refresh_token", "client_id": app.client_id, "refresh_token": tokens["refresh_token"]}
    body_of(ask_token(form))


def test_a_public_client_with_a_secret_is_none(person: User) -> None:
    app = register(WEB, client_type=Client.CLIENT_PUBLIC)
    form = {"grant_type": "refresh_token", "client_id": app.client_id, "client_secret": "x", "refresh_token": "x"}
    assert error_of(ask_token(form), 401) == "invalid_client"


# Signed access tokens (RFC 9068)


def test_a_client_may_get_signed_access_tokens(person: User) -> None:
    client = register(WEB, signed_access_tokens=True, signed_because="A partner verifies them.")
    tokens = tokens_for(client, person)
    assert header_of(tokens["access_token"])["typ"] == "at+jwt"
    claims = claims_of(tokens["access_token"])
    assert claims.keys() == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
    assert (claims["iss"], claims["aud"], claims["client_id"]) == (ISSUER, ISSUER, client.client_id)
    assert (claims["sub"], claims["scope"]) == (str(person.subject), "openid profile")
    assert claims["exp"] - claims["iat"] == 600
    assert introspect(client, tokens["access_token"])["exp"] >= claims["exp"]
    assert body_of(userinfo(tokens["access_token"]))["sub"] == str(person.subject)


def test_a_signed_access_token_is_no_id_token(person: User) -> None:
    client = register(WEB, signed_access_tokens=True, signed_because="A partner verifies them.")
    assert verify_hint(tokens_for(client, person)["access_token"], now=timezone.now()) is None


def test_no_signing_key_no_token(web: Registered, person: User) -> None:
    from authenticate_app.keys.models import SigningKey

    code = code_for(web, person)
    SigningKey.objects.all().delete()
    assert error_of(exchange(web, code), 503) == "temporarily_unavailable"
    assert Grant.objects.get().used_at is None


# Refresh tokens (RFC 6749, section 6; RFC 9700, section 4.14)


def test_a_refresh_token_is_good_once_and_begets_the_next(web: Registered, person: User) -> None:
    first = tokens_for(web, person)
    second = body_of(refresh(web, first["refresh_token"]))
    third = body_of(refresh(web, second["refresh_token"]))
    assert len({tokens["refresh_token"] for tokens in (first, second, third)}) == 3
    assert [introspect(web, tokens["access_token"])["active"] for tokens in (first, second, third)] == [True] * 3
    assert RefreshToken.objects.count() == 1


def test_a_refresh_token_that_comes_again_ends_the_family(web: Registered, person: User) -> None:
    first = tokens_for(web, person)
    second = body_of(refresh(web, first["refresh_token"]))
    other_sign_in = tokens_for(web, person, prompt="consent")
    assert error_of(refresh(web, first["refresh_token"])) == "invalid_grant"
    assert error_of(refresh(web, second["refresh_token"])) == "invalid_grant"
    assert introspect(web, second["access_token"]) == {"active": False}
    assert introspect(web, other_sign_in["access_token"])["active"]
    assert AuditEvent.objects.get(event=Event.OAUTH_TOKEN_REUSED).reason == "refresh_token"


def test_a_family_ends_after_its_time_however_often_it_was_refreshed(web: Registered, person: User) -> None:
    token = tokens_for(web, person)["refresh_token"]
    ends = RefreshToken.objects.get().expires
    token = body_of(refresh(web, token))["refresh_token"]
    assert RefreshToken.objects.get().expires == ends
    RefreshToken.objects.update(expires=timezone.now())
    assert error_of(refresh(web, token)) == "invalid_grant"


def test_a_refreshed_id_token_is_about_the_same_sign_in(web: Registered, person: User) -> None:
    first = tokens_for(web, person)
    second = body_of(refresh(web, first["refresh_token"]))
    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    assert "nonce" not in after
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert before[claim] == after[claim]


def test_a_refresh_may_ask_for_less_and_never_for_more(web: Registered, person: User) -> None:
    first = tokens_for(web, person, scope="openid profile")
    narrow = body_of(refresh(web, first["refresh_token"], scope="openid"))
    assert narrow["scope"] == "openid"
    assert error_of(refresh(web, narrow["refresh_token"], scope="openid email")) == "invalid_scope"
    assert body_of(refresh(web, narrow["refresh_token"]))["scope"] == "openid profile"


@pytest.mark.parametrize("token", ["x", "", "0" * 32, "0123456789abcdef" * 2 + "x" * 43, "G" * 75, "\u00e4" * 40])
def test_what_is_no_refresh_token_gives_nothing(web: Registered, person: User, token: str) -> None:
    tokens_for(web, person)
    assert error_of(refresh(web, token)) in {"invalid_grant", "invalid_request"}
    assert RefreshToken.objects.get().revoked is None


def test_the_refresh_token_of_another_client_gives_nothing_and_stays_good(web: Registered, person: User) -> None:
    token = tokens_for(web, person)["refresh_token"]
    assert error_of(refresh(register(WEB, client_id="web-2"), token)) == "invalid_grant"
    body_of(refresh(web, token))


def test_a_refresh_token_dies_with_the_persons_password_or_account(web: Registered, person: User) -> None:
    tokens = tokens_for(web, person)
    User.objects.update(is_active=False)
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert introspect(web, tokens["access_token"]) == introspect(web, tokens["refresh_token"]) == {"active": False}
    User.objects.update(is_active=True)
    person.refresh_from_db()
    person.set_password("another horse")
    person.save()
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert introspect(web, tokens["access_token"]) == introspect(web, tokens["refresh_token"]) == {"active": False}
    assert error_of(userinfo(tokens["access_token"]), 401) == "invalid_token"


def test_a_disabled_client_has_nothing_any_more(web: Registered, person: User) -> None:
    tokens, other = tokens_for(web, person), register(WEB, client_id="web-2")
    Client.objects.filter(pk=web.row.pk).update(is_active=False)
    assert error_of(refresh(web, tokens["refresh_token"]), 401) == "invalid_client"
    assert error_of(userinfo(tokens["access_token"]), 401) == "invalid_token"
    assert introspect(other, tokens["access_token"]) == {"active": False}
    Client.objects.filter(pk=web.row.pk).delete()
    assert error_of(userinfo(tokens["access_token"]), 401) == "invalid_token"
    assert error_of(refresh(web, tokens["refresh_token"]), 401) == "invalid_client"


def test_an_access_token_ends_at_the_second(web: Registered, person: User) -> None:
    from authenticate_app.oauth.counting_tokens import find_access_token

    token = tokens_for(web, person)["access_token"]
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    AccessToken.objects.update(expires=ends)
    assert find_access_token(token, now=ends - timedelta(microseconds=1)) is not None
    assert find_access_token(token, now=ends) is None
