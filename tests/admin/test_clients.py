"""Clients in the admin: made by purpose, and nothing that the purpose forbids can be had."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, Purpose, messages_callback
from tests.admin.conftest import Browser, SignedIn
from tests.oauth.pictures import png
from tests.tokens import store_integration, store_web_application

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
LIST = reverse("admin:authenticate_app_client_changelist")
ADD = reverse("admin:authenticate_app_client_add")
CALLBACK = "https://www.example.com/callback"


def change_address(client: Client) -> str:
    return reverse("admin:authenticate_app_client_change", args=[client.pk])


def form_of(purpose: Purpose, **changes: Any) -> dict[str, Any]:
    """What a browser sends of a form that is filled in well."""
    filled: dict[str, Any] = {"name": "Shop", "client_id": "shop-1", "is_active": "on"}
    if purpose != Purpose.INTEGRATION:
        filled |= {"display_name": "The shop", "allowed_scopes": ["openid", "email"], "accent_color": "#0A84FF"}
    else:
        filled |= {"allowed_scopes": ["chat.authenticate"]}
    if purpose == Purpose.WEB:
        filled |= {"client_type": "confidential"}
    if purpose in {Purpose.WEB, Purpose.APPLE_NEW}:
        filled |= {"redirect_uris": CALLBACK}
    return {**filled, **changes}


def make(browser: Browser, purpose: Purpose, **changes: Any) -> Any:
    return browser.post(f"{ADD}?purpose={purpose}", form_of(purpose, **changes))


@pytest.fixture
def service_account(db: None) -> User:
    user = User.objects.create_user("service@example.com")
    user.groups.set(Group.objects.filter(name=SELF_SERVICE_USER))
    return user


# The purpose


@pytest.mark.parametrize("query", ["", "?purpose=", "?purpose=everything", "?purpose=web&purpose=x"])
def test_first_of_all_the_purpose_is_asked_for(admin: Browser, query: str) -> None:
    page = admin.get(ADD + query).content.decode()
    assert all(f"?purpose={purpose}" in page for purpose in Purpose)
    assert admin.post(ADD + query, form_of(Purpose.WEB)).status_code == HTTPStatus.OK
    assert not Client.objects.exists()


ASKED = {
    Purpose.WEB: {"redirect_uris", "post_logout_redirect_uris", "client_type", "logo_file", "signed_access_tokens"},
    Purpose.APPLE_NEW: {"redirect_uris", "logo_file"},
    Purpose.APPLE_LEGACY: {"serves_new_flow", "logo_file"},
    Purpose.INTEGRATION: {"acting_user", "allowed_scopes", "signed_access_tokens"},
}


@pytest.mark.parametrize("purpose", Purpose)
def test_the_form_asks_only_for_what_the_purpose_leaves_open(admin: Browser, purpose: Purpose) -> None:
    fields = set(admin.get(f"{ADD}?purpose={purpose}").context["adminform"].form.fields)
    always = {"name", "client_id", "is_active"}
    of_people = {"display_name", "allowed_scopes", "is_trusted", "accent_color"}
    signed = {"signed_because"} if "signed_access_tokens" in ASKED[purpose] else set()
    assert fields == always | ASKED[purpose] | signed | (set() if purpose == Purpose.INTEGRATION else of_people)


def test_a_web_application(admin: Browser) -> None:
    assert make(admin, Purpose.WEB, is_trusted="on").status_code == HTTPStatus.OK
    client = Client.objects.get()
    assert (client.purpose, client.authorization_grant_type, client.client_type) == (
        Purpose.WEB,
        "authorization-code",
        "confidential",
    )
    assert (client.redirect_uris, client.allowed_scopes, client.accent_color) == (CALLBACK, "openid email", "#0a84ff")
    assert (client.pkce_required, client.is_trusted, client.name, client.display_name) == (
        True,
        True,
        "Shop",
        "The shop",
    )


def test_an_application_without_a_server_has_no_secret(admin: Browser) -> None:
    response = make(admin, Purpose.WEB, client_type="public")
    client = Client.objects.get()
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, change_address(client))
    assert (client.client_type, client.client_secret, client.pkce_required) == ("public", "", True)
    assert "no secret" in admin.get(change_address(client)).content.decode()


def test_the_new_flow_of_apple_goes_without_pkce_and_says_why(admin: Browser) -> None:
    make(admin, Purpose.APPLE_NEW)
    client = Client.objects.get()
    assert (client.pkce_required, client.redirect_uris) == (False, CALLBACK)
    page = admin.get(change_address(client)).content.decode()
    assert "no PKCE" in page
    assert "secret reaches phones" not in page


def test_the_legacy_flow_has_the_one_redirect_uri_and_says_where_its_secret_goes(admin: Browser) -> None:
    page = make(admin, Purpose.APPLE_LEGACY, redirect_uris=CALLBACK).content.decode()
    client = Client.objects.get()
    assert (client.redirect_uris, client.pkce_required) == (APPLE_REDIRECT_URI, False)
    assert "travels in messages to customers' phones" in page
    page = admin.get(change_address(client)).content.decode()
    assert "secret reaches phones" in page
    assert APPLE_REDIRECT_URI in page


def test_one_client_of_apple_can_serve_both_flows_and_stop_to(admin: Browser) -> None:
    make(admin, Purpose.APPLE_LEGACY, serves_new_flow="on")
    client = Client.objects.get()
    assert client.redirect_uris == f"{APPLE_REDIRECT_URI} {messages_callback()}"
    page = admin.get(change_address(client))
    assert page.context["adminform"].form.initial["serves_new_flow"] is True
    admin.post(change_address(client), form_of(Purpose.APPLE_LEGACY))
    client.refresh_from_db()
    assert client.redirect_uris == APPLE_REDIRECT_URI


def test_an_integration_acts_as_a_user(admin: Browser, service_account: User) -> None:
    make(admin, Purpose.INTEGRATION, acting_user=service_account.pk, redirect_uris=CALLBACK)
    client = Client.objects.get()
    assert (client.acting_user, client.authorization_grant_type) == (service_account, "client-credentials")
    assert (client.redirect_uris, client.display_name) == ("", "Shop")
    assert client.allowed_scopes == "chat.authenticate"


# What is refused


@pytest.mark.parametrize(
    ("purpose", "changes", "sentence"),
    [
        (Purpose.WEB, {"redirect_uris": ""}, "at least one redirect URI"),
        (
            Purpose.WEB,
            {"redirect_uris": f"{CALLBACK}\nhttp://www.example.com"},
            "“http://www.example.com”: It must begin",
        ),
        (Purpose.WEB, {"redirect_uris": f"{CALLBACK}#x"}, "fragment"),
        (Purpose.WEB, {"redirect_uris": "https://*.example.com/"}, "wildcards"),
        (Purpose.WEB, {"redirect_uris": "http://localhost/callback"}, "https://"),
        (Purpose.WEB, {"post_logout_redirect_uris": "http://www.example.com"}, "https://"),
        (Purpose.WEB, {"allowed_scopes": []}, "This field is required"),
        (Purpose.WEB, {"allowed_scopes": ["everything"]}, "everything"),
        (Purpose.WEB, {"accent_color": "red"}, "colour"),
        (Purpose.WEB, {"client_type": "secret"}, "secret is not one of"),
        (Purpose.WEB, {"signed_access_tokens": "on"}, "Say why"),
        (Purpose.WEB, {"name": ""}, "This field is required"),
        (Purpose.WEB, {"client_id": "with blank"}, "letters, digits"),
        (Purpose.WEB, {"client_id": "demonstration-1"}, "for demonstrations"),
        (Purpose.APPLE_NEW, {"redirect_uris": ""}, "at least one redirect URI"),
        (Purpose.APPLE_LEGACY, {"allowed_scopes": ["chat.authenticate"]}, "not one of the available"),
        (Purpose.INTEGRATION, {}, "This field is required"),
        (Purpose.INTEGRATION, {"acting_user": "4711"}, "not one of the available"),
        (Purpose.INTEGRATION, {"acting_user": "", "name": "n" * 101}, "at most 100"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    admin: Browser, purpose: Purpose, changes: dict[str, Any], sentence: str
) -> None:
    response = make(admin, purpose, **changes)
    assert response.status_code == HTTPStatus.OK
    assert sentence in response.content.decode()
    assert not Client.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_client(admin: Browser) -> None:
    make(admin, Purpose.WEB)
    first = Client.objects.get()
    assert "already exists" in make(admin, Purpose.WEB).content.decode()
    assert Client.objects.get().client_secret == first.client_secret


def test_what_was_typed_stays_in_the_form(admin: Browser) -> None:
    page = make(admin, Purpose.WEB, redirect_uris=f"{CALLBACK}\nhttp://www.example.com").content.decode()
    assert f"{CALLBACK}\nhttp://www.example.com</textarea>" in page


# Changing


@pytest.fixture
def shop(admin: Browser) -> Client:
    make(admin, Purpose.WEB)
    return Client.objects.get()


def test_a_client_is_changed_and_its_id_kind_and_secret_stay(admin: Browser, shop: Client) -> None:
    changes = {
        "redirect_uris": f"{CALLBACK}\r\n\r\nhttps://other.example.com\r\n{CALLBACK}",
        "client_id": "other",
        "client_type": "public",
        "allowed_scopes": ["chat", "openid"],
        "signed_access_tokens": "on",
        "signed_because": "The gateway verifies by itself.",
    }
    assert admin.post(change_address(shop), form_of(Purpose.WEB, **changes)).status_code == HTTPStatus.FOUND
    stored = Client.objects.get()
    assert (stored.client_id, stored.client_type, stored.client_secret) == (
        shop.client_id,
        shop.client_type,
        shop.client_secret,
    )
    assert stored.redirect_uris == f"{CALLBACK} https://other.example.com"
    assert stored.allowed_scopes == "openid chat"
    page = admin.get(change_address(shop)).content.decode()
    assert "The gateway verifies by itself." in page
    assert f"{CALLBACK}\nhttps://other.example.com</textarea>" in page


def test_a_disabled_one_is_marked_in_the_list(admin: Browser, shop: Client) -> None:
    fields = form_of(Purpose.WEB)
    del fields["is_active"]
    admin.post(change_address(shop), fields)
    assert not Client.objects.get().is_active
    assert "disabled" in admin.get(LIST).content.decode()


@pytest.mark.parametrize("query", ["", "?q=shop", "?purpose__exact=web", "?is_active__exact=1"])
def test_the_list_finds_it(admin: Browser, shop: Client, query: str) -> None:
    assert list(admin.get(LIST + query).context["cl"].result_list) == [shop]


def test_the_history_tells_before_and_after_and_no_secret(admin: Browser, shop: Client) -> None:
    admin.post(change_address(shop), form_of(Purpose.WEB, name="Store"))
    changed, created = AuditEvent.objects.filter(object_type="authenticate_app.client")
    assert (created.event, changed.event) == (Event.OBJECT_CREATED, Event.OBJECT_CHANGED)
    assert changed.changes == {"name": ["Shop", "Store"]}
    assert shop.client_secret not in str(created.changes)
    assert created.changes["redirect_uris"] == [None, CALLBACK]


# The logo


def with_logo(admin: Browser, client: Client, raw_file: bytes, name: str = "logo.png") -> Any:
    upload = SimpleUploadedFile(name, raw_file)
    return admin.post(change_address(client), form_of(Purpose.WEB, logo_file=upload))


def test_a_logo_is_shown_served_and_removed(admin: Browser, shop: Client) -> None:
    assert with_logo(admin, shop, png()).status_code == HTTPStatus.FOUND
    page = admin.get(change_address(shop))
    address = page.content.decode().split('<img class="ca-logo" src="')[1].split('"')[0]
    served = Browser().get(address)
    assert (served.content, served["Content-Type"]) == (png(), "image/png")
    admin.post(change_address(shop), form_of(Purpose.WEB))
    assert bytes(Client.objects.get().logo) == png()
    admin.post(change_address(shop), form_of(Purpose.WEB, without_logo="on"))
    assert bytes(Client.objects.get().logo) == b""
    assert Browser().get(address).status_code == HTTPStatus.NOT_FOUND


def test_no_logo_of_a_wrong_kind_is_stored(admin: Browser, shop: Client) -> None:
    response = with_logo(admin, shop, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg")
    assert "no PNG, JPEG or WebP" in response.content.decode()
    assert bytes(Client.objects.get().logo) == b""


def test_the_audit_log_does_not_swallow_logos(admin: Browser, shop: Client) -> None:
    with_logo(admin, shop, png(512, 512))
    event = AuditEvent.objects.filter(event=Event.OBJECT_CHANGED).latest("pk")
    assert list(event.changes) == ["logo"]
    assert len(str(event.changes)) < 100


@pytest.mark.parametrize(
    ("color", "words"), [("#ffff00", "black letters"), ("#000080", "white letters"), ("", "Contrast")]
)
def test_the_contrast_of_the_colour_is_told(admin: Browser, shop: Client, color: str, words: str) -> None:
    Client.objects.update(accent_color=color)
    assert words in admin.get(change_address(shop)).content.decode()


# Who may do it


@pytest.mark.parametrize("roles", [(), ("CHATAUTH_SUPERVISOR",)])
def test_others_see_nothing(signed_in: SignedIn, shop: Client, roles: tuple[str, ...]) -> None:
    browser = signed_in(*roles)
    pages = [LIST, ADD, f"{ADD}?purpose=web", change_address(shop)]
    pages += [change_address(shop).replace("change/", f"{page}/") for page in ("test", "new-secret", "revoke-all")]
    pages += [reverse(f"admin:authenticate_app_{name}_changelist") for name in ("accesstoken", "refreshtoken", "grant")]
    for address in pages:
        assert browser.get(address).status_code == HTTPStatus.FORBIDDEN, address
        assert browser.post(address, form_of(Purpose.WEB)).status_code == HTTPStatus.FORBIDDEN, address
    assert LIST not in browser.get("/admin/").content.decode()


def test_an_administrator_makes_clients(signed_in: SignedIn) -> None:
    assert make(signed_in(ADMINISTRATOR), Purpose.WEB).status_code == HTTPStatus.OK
    assert Client.objects.exists()


def test_nobody_lets_a_client_act_as_a_user_who_holds_more(signed_in: SignedIn, service_account: User) -> None:
    service_account.groups.add(Group.objects.get(name=ON_BEHALF_ROLE))
    lesser = signed_in(ADMINISTRATOR, SELF_SERVICE_USER)
    page = make(lesser, Purpose.INTEGRATION, acting_user=service_account.pk).content.decode()
    assert "holds what you lack" in page
    assert not Client.objects.exists()
    equal = signed_in(ADMINISTRATOR, SELF_SERVICE_USER, ON_BEHALF_ROLE, name="other@example.com")
    make(equal, Purpose.INTEGRATION, acting_user=service_account.pk)
    assert Client.objects.get().acting_user == service_account


def test_no_client_acts_as_a_disabled_user(admin: Browser, service_account: User) -> None:
    User.objects.filter(pk=service_account.pk).update(is_active=False)
    page = make(admin, Purpose.INTEGRATION, acting_user=service_account.pk).content.decode()
    assert "This user is disabled" in page


def test_a_client_that_acts_as_somebody_greater_cannot_be_changed(signed_in: SignedIn, service_account: User) -> None:
    service_account.groups.add(Group.objects.get(name=ON_BEHALF_ROLE))
    client = store_integration(service_account)
    lesser = signed_in(ADMINISTRATOR, SELF_SERVICE_USER)
    page = lesser.get(change_address(client)).content.decode()
    assert "acts as a user who holds what you lack" in page
    changes = form_of(Purpose.INTEGRATION, acting_user=service_account.pk)
    assert lesser.post(change_address(client), changes).status_code == HTTPStatus.FORBIDDEN
    new_secret = change_address(client).replace("change/", "new-secret/")
    for method in (lesser.get, lesser.post):
        assert method(new_secret).status_code == HTTPStatus.FORBIDDEN
    assert lesser.get(change_address(client).replace("change/", "test/")).status_code == HTTPStatus.OK


@pytest.mark.parametrize("purpose", Purpose)
def test_whoever_only_looks_at_clients_reads_everything_and_changes_nothing(
    signed_in: SignedIn, admin: Browser, service_account: User, purpose: Purpose
) -> None:
    make(admin, purpose, **({"acting_user": service_account.pk} if purpose == Purpose.INTEGRATION else {}))
    client = Client.objects.get()
    Client.objects.update(logo=png(), accent_color="#0a84ff")
    role = Group.objects.create(name="LOOKS_ON")
    role.permissions.set(Permission.objects.filter(codename="view_client"))
    browser = signed_in("LOOKS_ON")
    response = browser.get(change_address(client))
    assert response.status_code == HTTPStatus.OK
    assert client.name in response.content.decode()
    assert client.client_secret not in response.content.decode()
    assert browser.post(change_address(client), form_of(purpose)).status_code == HTTPStatus.FORBIDDEN
    for page in ("test", "new-secret", "revoke-all", "delete"):
        address = change_address(client).replace("change/", f"{page}/")
        assert browser.get(address).status_code == HTTPStatus.FORBIDDEN, page


# Deleting


def test_a_client_is_deleted_with_all_that_it_was_given(admin: Browser) -> None:
    client = store_web_application()
    address = reverse("admin:authenticate_app_client_delete", args=[client.pk])
    assert client.name in admin.get(address).content.decode()
    assert admin.post(address, {"post": "yes"}).status_code == HTTPStatus.FOUND
    assert not Client.objects.exists()
    assert AuditEvent.objects.filter(event=Event.OBJECT_DELETED, object_type="authenticate_app.client").exists()


def test_an_integration_writes_to_customers_only_where_somebody_chose_so(admin: Browser, service_account: User) -> None:
    form = admin.get(f"{ADD}?purpose={Purpose.INTEGRATION}").context["adminform"].form
    assert form.initial["allowed_scopes"] == ["chat.authenticate"]
    make(admin, Purpose.INTEGRATION, acting_user=service_account.pk, allowed_scopes=["messages"])
    assert Client.objects.get().allowed_scopes == "messages"
