"""Failed sign-ins in the admin: every kind of guess is counted, named and cleared there."""

from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.throttling.failures import claim_failure
from authenticate_app.throttling.models import LONGEST_SUBJECT, FailureCount
from tests.admin.conftest import Browser
from tests.oauth.flow import Registered, ask_token, register
from tests.world import basic

COUNTS = reverse("admin:authenticate_app_failurecount_changelist")
HERE = "203.0.113.7"
Scope = FailureCount.Scope


def guess_secret(client: Registered, *, times: int = 1) -> list[int]:
    form = {"grant_type": "authorization_code", "code": "x"}
    headers = {"Authorization": basic(client.client_id, "wrong")}
    return [ask_token(form, headers=headers).status_code for _ in range(times)]


def shown(admin: Browser, scope: Scope) -> str:
    """The text of the rows of one kind."""
    response = admin.get(f"{COUNTS}?scope__exact={scope}")
    assert response.context["cl"].result_count > 0
    return str(response.content.decode())


def clear_everything(admin: Browser) -> Any:
    keys = list(FailureCount.objects.values_list("pk", flat=True))
    return admin.post(COUNTS, {"action": "clear", "_selected_action": keys}, follow=True)


@pytest.fixture
def shop(db: None) -> Registered:
    return register()


def test_secrets_of_a_client_are_counted_under_its_name_and_cleared(admin: Browser, shop: Registered) -> None:
    limit = settings.THROTTLE_FAILURES_BY_NAME
    assert guess_secret(shop, times=limit + 1) == [401] * limit + [429]
    page = shown(admin, Scope.CLIENT_SECRET)
    assert "secrets of a client" in page
    assert shop.row.name in page
    assert "refused" in page
    clear_everything(admin)
    assert guess_secret(shop) == [401]


def test_a_client_that_nobody_knows_has_no_name(admin: Browser, shop: Registered) -> None:
    ask_token({"grant_type": "client_credentials", "client_id": "mistyped-password", "client_secret": "x"})
    page = shown(admin, Scope.CLIENT_SECRET)
    assert "unknown name" in page
    assert "mistyped-password" not in page


def test_a_long_name_is_cut(admin: Browser) -> None:
    guess_secret(register(name="n" * 255))
    assert FailureCount.objects.get(scope=Scope.CLIENT_SECRET).subject == "n" * LONGEST_SUBJECT


def test_one_time_codes_are_counted_under_their_user(admin: Browser) -> None:
    user = User.objects.create_user("agent@example.com")
    claim_failure("codes", scope=Scope.CODES, user_id=user.pk, address=HERE, now=timezone.now())
    page = shown(admin, Scope.CODES)
    assert "agent@example.com" in page
    assert "203.0.113.7" in page


def test_passkeys_are_counted_for_nobody_in_particular(admin: Browser) -> None:
    claim_failure("passkeys", scope=Scope.PASSKEYS, address=HERE, now=timezone.now())
    assert "unknown name" not in shown(admin, Scope.PASSKEYS)


def test_what_may_be_asked_for_is_never_called_refused(admin: Browser) -> None:
    soon = timezone.now() + settings.THROTTLE_WINDOW
    FailureCount.objects.create(key="k", scope=Scope.ASKED, address="", failures=99, window_ends_at=soon)
    response = admin.get(f"{COUNTS}?scope__exact={Scope.ASKED}")
    assert "refused" not in response.content.decode().partition("result_list")[2].partition("</table>")[0]


@pytest.mark.parametrize("scope", Scope)
def test_every_kind_can_be_chosen(admin: Browser, scope: Scope) -> None:
    assert str(scope.label) in admin.get(COUNTS).content.decode()


def test_a_count_is_found_by_the_name_of_its_client(admin: Browser, shop: Registered) -> None:
    guess_secret(shop)
    assert admin.get(f"{COUNTS}?q={shop.row.name[:3]}").context["cl"].result_count == 1
