"""Whatever somebody who is signed in writes into an address: pages answer, none fails."""

import pytest

from authenticate_app.accounts.models import User
from chat_app.routing.models import ProfileOption, ProfileOptionValue
from tests.admin.conftest import Browser

pytestmark = pytest.mark.usefixtures("routing_data", "signing_key")

NO_IDS = ["abc", "9" * 400, "..%2f", "%00"]
HUGE = "9" * 400
LISTS = [
    "authenticate_app/auditevent/?event=%00",
    "authenticate_app/auditevent/?object_id=%00",
    f"authenticate_app/accesstoken/?client={HUGE}",
    "authenticate_app/client/?purpose__exact=%00",
    "authenticate_app/client/add/?purpose=%00",
    "authenticate_app/failurecount/?scope__exact=%00",
    "authenticate_app/signingkey/?encrypted_private_key=abc",
    f"authenticate_app/user/?role={'9' * 5000}",
    "authenticate_app/user/?username=%00",
    f"chat_app/assignmentrule/?interface={'9' * 5000}",
    f"authenticate_app/signinrequest/?business={'9' * 5000}",
    "chat_app/agentsession/?state=%00",
    f"chat_app/chatsession/?queue={HUGE}",
    "chat_app/chatsession/?state=%00",
    f"chat_app/engagement/?queue={'9' * 5000}",
    "chat_app/engagement/?state=%00",
    f"chat_app/interface/?id__in={HUGE}",
    f"chat_app/queue/?interface={HUGE}",
]


@pytest.mark.parametrize("object_id", NO_IDS)
@pytest.mark.parametrize(
    "page",
    [
        "authenticate_app/user/{}/password/",
        "authenticate_app/client/{}/change/",
        "authenticate_app/client/{}/test/",
        "authenticate_app/client/{}/new-secret/",
        "authenticate_app/client/{}/revoke-all/",
        "authenticate_app/signingkey/{}/revoke/",
        "chat_app/agentsession/{}/change/",
        "chat_app/engagement/{}/change/",
        "chat_app/interface/{}/change/",
        "chat_app/interface/{}/make-default/",
        "chat_app/queue/{}/change/",
        "chat_app/queue/{}/make-default/",
        "chat_app/profileoption/{}/change/",
    ],
)
def test_an_id_that_is_none_is_not_found(admin: Browser, page: str, object_id: str) -> None:
    assert admin.get(f"/admin/{page.format(object_id)}", follow=True).status_code in {200, 400, 404}


@pytest.mark.parametrize("address", LISTS)
def test_a_filter_that_no_column_can_hold_is_refused(admin: Browser, address: str) -> None:
    assert admin.get(f"/admin/{address}").status_code in {200, 302, 400}


def test_nothing_is_suggested_for_a_nul_character(admin: Browser) -> None:
    where = "app_label=chat_app&model_name=team&field_name=members"
    assert admin.get(f"/admin/autocomplete/?{where}&term=%00").status_code == 400


@pytest.mark.parametrize("order", [{"order": "9" * 5000}, {"move": "up-" + "9" * 5000}])
def test_an_order_of_rules_that_are_none_changes_nothing(admin: Browser, order: dict[str, str]) -> None:
    assert admin.post("/admin/chat_app/assignmentrule/order/1/", order).status_code == 302


@pytest.mark.parametrize(
    "request_text",
    ['{"queueId": "%s"}' % ("9" * 5000), r'{"authUserName": "\u0000"}', r'{"authUserName": "\ud800"}'],
)
def test_a_request_that_nobody_could_send_is_tried_or_refused(
    admin: Browser, superuser: User, request_text: str
) -> None:
    option = ProfileOption.objects.get(code="SVC_ENABLE_CHAT")
    ProfileOptionValue.objects.create(option=option, level=ProfileOptionValue.Level.USER, user=superuser, value="Yes")
    response = admin.post("/admin/chat_app/assignmentrule/", {"request": request_text})
    assert response.status_code == 200
