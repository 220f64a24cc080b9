"""Businesses of Apple Messages in the admin: secrets go in and never come out, faults are said where they are."""

import base64
import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import Business, MspAccount, SignInRequest, WebhookDelivery
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, Purpose, messages_callback
from authenticate_app.oauth.scopes import MESSAGES
from tests.admin.conftest import Browser, SignedIn
from tests.messages.world import CLIENT_SECRET, account, apple_client, business, conversation
from tests.tokens import store_integration

API_SECRET = base64.b64encode(bytes(range(1, 33))).decode()
ADD_ACCOUNT = reverse("admin:authenticate_app_mspaccount_add")
ADD = reverse("admin:authenticate_app_business_add")


def address(row: Any, page: str = "change") -> str:
    return reverse(f"admin:authenticate_app_{row._meta.model_name}_{page}", args=[row.pk])


def filled(**changes: Any) -> dict[str, Any]:
    """What a browser sends of a business's form that is filled in well."""
    given = {
        "name": "Vision Shop",
        "business_id": "vision-business",
        "gateway_url": "https://mspgw.push.apple.com/v1",
        "is_active": "on",
        "allows_new_flow": "on",
        "new_flow_version": "2.0",
        "provider": "own",
        "client_secret": CLIENT_SECRET,
        "scopes": "openid email",
        "request_title": "Please sign in",
        "reply_title": "Signed in",
        "image_style": "icon",
        "sign_in_lifetime": "00:03:00",
        "reply_grace": "00:00:10",
        "validity": "01:00:00",
        **changes,
    }
    if "account" not in given:
        given["account"] = account().pk
    if given["provider"] == "own" and "client" not in given:
        given["client"] = apple_client(redirect_uris=messages_callback()).pk
    return given


def faults_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == HTTPStatus.OK, "a form at fault is shown again"
    return dict(response.context["adminform"].form.errors)


# Accounts


def test_a_secret_goes_in_and_never_comes_out(admin: Browser) -> None:
    admin.post(ADD_ACCOUNT, {"name": "Vision", "msp_id": "msp-1", "api_secret": API_SECRET})
    stored = MspAccount.objects.get()
    assert decrypt(bytes(stored.encrypted_api_secret)).decode() == API_SECRET
    page = admin.get(address(stored)).content.decode()
    assert API_SECRET not in page
    assert "/amb" in page
    assert API_SECRET not in str(list(AuditEvent.objects.values()))


def test_a_secret_that_is_left_empty_is_kept(admin: Browser) -> None:
    stored = account()
    before = bytes(stored.encrypted_api_secret)
    admin.post(address(stored), {"name": "Other name", "msp_id": stored.msp_id, "api_secret": ""})
    stored.refresh_from_db()
    assert (stored.name, bytes(stored.encrypted_api_secret)) == ("Other name", before)


@pytest.mark.parametrize("secret", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_secret_that_is_none_is_refused(admin: Browser, secret: str) -> None:
    response = admin.post(ADD_ACCOUNT, {"name": "Vision", "msp_id": "msp-1", "api_secret": secret})
    assert list(faults_of(response)) == ["api_secret"]
    assert not MspAccount.objects.exists()


# Businesses


def test_a_business_is_made(admin: Browser) -> None:
    response = admin.post(ADD, filled())
    assert response.status_code == HTTPStatus.FOUND, faults_of(response)
    stored = Business.objects.get()
    assert decrypt(bytes(stored.encrypted_client_secret)).decode() == CLIENT_SECRET
    assert CLIENT_SECRET not in admin.get(address(stored)).content.decode()
    made = AuditEvent.objects.get(event=Event.OBJECT_CREATED, object_type="authenticate_app.business")
    assert CLIENT_SECRET not in str(made.changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_secret": "another"}, "client_secret"),
        ({"client_secret": ""}, "client_secret"),
        ({"scopes": "openid chat.authenticate"}, "scopes"),
        ({"scopes": "email"}, "scopes"),
        ({"sign_in_lifetime": "00:16:00"}, "sign_in_lifetime"),
        ({"gateway_url": "http://mspgw.push.apple.com/v1"}, "gateway_url"),
        ({"gateway_url": "https://10.0.0.1/v1"}, "gateway_url"),
        ({"webhook_url": "https://user:pass@shop.example/hook"}, "webhook_url"),
        ({"provider": "other"}, "provider_issuer"),
        ({"allows_new_flow": ""}, "__all__"),
        ({"allows_legacy_flow": "on"}, "client"),
    ],
)
def test_a_fault_is_said_where_it_is(admin: Browser, changes: dict[str, Any], field: str) -> None:
    assert field in faults_of(admin.post(ADD, filled(**changes)))
    assert not Business.objects.exists()


def test_a_client_without_our_callback_cannot_serve_the_new_flow(admin: Browser) -> None:
    client = apple_client(redirect_uris="https://elsewhere.example/callback")
    assert "client" in faults_of(admin.post(ADD, filled(client=client.pk)))


def test_one_client_serves_both_flows(admin: Browser) -> None:
    client = apple_client(Purpose.APPLE_LEGACY, redirect_uris=f"{APPLE_REDIRECT_URI} {messages_callback()}")
    response = admin.post(ADD, filled(client=client.pk, allows_legacy_flow="on"))
    assert response.status_code == HTTPStatus.FOUND, faults_of(response)


def test_what_is_unsafe_is_warned_about(admin: Browser) -> None:
    response = admin.post(ADD, filled(trusts_callback_alone="on"), follow=True)
    assert "did not confirm" in response.content.decode()


def test_only_integrations_with_the_scope_can_be_assigned(admin: Browser) -> None:
    without = store_integration(None)
    assert "api_clients" in faults_of(admin.post(ADD, filled(api_clients=[without.pk])))
    allowed = store_integration(None, allowed_scopes=f"chat.authenticate {MESSAGES}")
    client = apple_client(client_id="second", redirect_uris=messages_callback())
    admin.post(ADD, filled(api_clients=[allowed.pk], client=client.pk))
    assert list(Business.objects.get().api_clients.all()) == [allowed]


def test_businesses_of_the_sandbox_are_marked(admin: Browser) -> None:
    business(is_sandbox=True, name="Sandboxed")
    page = admin.get(reverse("admin:authenticate_app_business_changelist")).content.decode()
    assert "Sandboxed" in page
    assert "sandbox</span>" in page.replace("\n", "").replace(" ", "")


def test_a_webhook_secret_is_shown_once(admin: Browser) -> None:
    stored = business()
    page = address(stored, "new_webhook_secret")
    assert "whsec_" not in admin.get(page).content.decode()
    shown = admin.post(page)
    stored.refresh_from_db()
    secret = decrypt(bytes(stored.encrypted_webhook_secret)).decode()
    assert secret.startswith("whsec_")
    assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert secret not in admin.get(address(stored)).content.decode()
    assert AuditEvent.objects.filter(event=Event.MESSAGES_WEBHOOK_SECRET_MADE).count() == 1


def test_a_check_says_what_is_wrong(admin: Browser) -> None:
    stored = business(gateway_url="https://127.0.0.1:9/v1", client=apple_client(redirect_uris="https://x.example/y"))
    response = admin.post(address(stored, "check_business"))
    subjects = {str(finding.subject): finding.verdict for finding in response.context["findings"]}
    assert subjects["client"] == "wrong"
    assert subjects["Gateway"] == "wrong"
    assert subjects["Clients of the REST API"] == "wrong"
    assert subjects["API secret of the MSP account"] == "right"


def test_a_check_tries_nothing_before_it_is_asked_to(admin: Browser) -> None:
    assert admin.get(address(business(), "check_business")).context["findings"] == []


# What happened


def test_a_sign_in_is_shown_step_by_step(admin: Browser) -> None:
    chat, now = conversation(), timezone.now()
    sign_in = sign_ins.start_sign_in(business=chat.business, conversation=chat, asked_by=None, now=now)
    sign_ins.end(sign_in_id=sign_in.pk, state=SignInRequest.State.FAILED, reason=Reason.PHONE_FAILED, now=now)
    page = admin.get(address(sign_in)).content.decode()
    assert "The phone said that it failed." in page
    assert "Somebody asked for the sign-in." in page
    assert sign_in.state_checksum not in page
    listed = admin.get(reverse("admin:authenticate_app_signinrequest_changelist"), {"q": chat.customer_id})
    assert chat.customer_id in listed.content.decode()


def test_pages_say_the_state_in_a_word(admin: Browser) -> None:
    chat, now = conversation(), timezone.now()
    sign_in = sign_ins.start_sign_in(business=chat.business, conversation=chat, asked_by=None, now=now)
    delivery = WebhookDelivery.objects.create(business=chat.business, event="sign_in.ended", payload={}, created_at=now)
    for row, word in ((chat, "open"), (sign_in, "created"), (delivery, "waiting")):
        words = re.sub("<[^>]+>", " ", admin.get(address(row)).content.decode()).split()
        assert word in words, "alone, not with its code"


def test_lists_go_on_page_by_page(admin: Browser) -> None:
    shop, now = business(), timezone.now()
    for number in range(55):
        conversation(shop, customer_id=f"urn:mbid:{number}", now=now + timedelta(milliseconds=number))
    path = reverse("admin:authenticate_app_conversation_changelist")
    first = admin.get(path).context["cl"]
    assert [row.customer_id for row in first.result_list][:2] == ["urn:mbid:54", "urn:mbid:53"]
    second = admin.get(path + first.older_address()).context["cl"]
    assert [row.customer_id for row in second.result_list] == [f"urn:mbid:{number}" for number in range(4, -1, -1)]
    today = timezone.localdate(now)
    narrowed = admin.get(path, {"from": (today + timedelta(days=1)).isoformat()}).context["cl"]
    assert list(narrowed.result_list) == []


def test_a_webhook_is_sent_again(admin: Browser) -> None:
    delivery = WebhookDelivery.objects.create(
        business=business(webhook_url="https://shop.example/hook"),
        event="sign_in.ended",
        payload={"type": "sign_in.ended"},
        state=WebhookDelivery.State.FAILED,
        created_at=timezone.now(),
    )
    admin.post(address(delivery, "send_again"))
    delivery.refresh_from_db()
    assert delivery.state == WebhookDelivery.State.WAITING
    assert AuditEvent.objects.filter(event=Event.MESSAGES_WEBHOOK_REPEATED).count() == 1
    again = admin.post(address(delivery, "send_again"), follow=True)
    assert "It is waiting to be sent already." in again.content.decode()
    assert AuditEvent.objects.filter(event=Event.MESSAGES_WEBHOOK_REPEATED).count() == 1


def test_what_customers_wrote_is_not_shown(admin: Browser) -> None:
    delivery = WebhookDelivery.objects.create(
        business=business(), event="message.received", payload={"body": "private words"}, created_at=timezone.now()
    )
    assert "private words" not in admin.get(address(delivery)).content.decode()


# Who may do what


def test_supervisors_follow_sign_ins_and_change_nothing(signed_in: SignedIn) -> None:
    browser, stored = signed_in("CHATAUTH_SUPERVISOR"), business()
    assert browser.get(reverse("admin:authenticate_app_signinrequest_changelist")).status_code == HTTPStatus.OK
    assert browser.get(address(stored)).status_code == HTTPStatus.FORBIDDEN
    assert browser.post(address(stored, "new_webhook_secret")).status_code == HTTPStatus.FORBIDDEN


def test_administrators_manage_businesses(signed_in: SignedIn) -> None:
    browser = signed_in("CHATAUTH_ADMINISTRATOR")
    assert browser.get(ADD).status_code == HTTPStatus.OK
    assert browser.get(address(business(), "check_business")).status_code == HTTPStatus.OK


def test_the_start_page_shows_how_sign_ins_end_and_how_long_they_take(admin: Browser) -> None:
    chat, now = conversation(), timezone.now()
    ended = [
        sign_ins.start_sign_in(business=chat.business, conversation=chat, asked_by=None, now=now) for _ in range(4)
    ]
    for sign_in in ended[1:]:
        sign_ins.end(sign_in_id=sign_in.pk, state=SignInRequest.State.FAILED, reason=Reason.PHONE_FAILED, now=now)
    succeeded = SignInRequest.objects.filter(pk=ended[0].pk)
    succeeded.update(state=SignInRequest.State.SUCCEEDED, ended_at=now + timedelta(seconds=15))
    charts = {chart.id: chart for chart in admin.get(reverse("admin:index")).context["charts"]}
    assert dict(charts["sign-ins"].rows) == {"failed": 3, "succeeded": 1}
    assert "25 %" in charts["sign-ins"].note
    assert dict(charts["times-to-sign-in"].rows)["up to 20 s"] == 1
