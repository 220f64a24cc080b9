from dataclasses import replace

import pytest
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from authenticate_app.accounts.basic import FreshBasicAuthentication
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.accounts.permissions import EntitlementMissing, HasEntitlement, HasRole, RoleMissing
from tests.accounts.conftest import PASSWORD, Requests, basic
from tests.accounts.test_memory import caller


def permitted(permission: BasePermission, request_from: Requests, **held: frozenset[str]) -> bool:
    request = request_from()
    vars(request)["_user"] = replace(caller(), **held)  # type: ignore[arg-type]
    return permission.has_permission(request, APIView())


@pytest.mark.parametrize(
    ("permission", "held", "refusal", "code"),
    [
        (HasRole("A"), "roles", RoleMissing, "role-missing"),
        (HasEntitlement("A"), "entitlements", EntitlementMissing, "entitlement-missing"),
    ],
)
def test_who_holds_it_may_and_others_learn_what_is_missing(
    permission: BasePermission, held: str, refusal: type[PermissionDenied], code: str, request_from: Requests
) -> None:
    assert permitted(permission, request_from, **{held: frozenset({"A", "B"})})
    with pytest.raises(refusal) as missing:
        permitted(permission, request_from, **{held: frozenset({"B"})})
    assert vars(missing.value)["name"] == "A"
    assert missing.value.get_codes() == code
    assert "A" in str(missing.value.detail)


@pytest.mark.parametrize("permission", [HasRole("A"), HasEntitlement("A")])
def test_nobody_and_other_kinds_of_users_may_not(
    permission: BasePermission, request_from: Requests, user: User
) -> None:
    assert not permission.has_permission(request_from(), APIView())
    request = request_from()
    request.user = user
    assert not permission.has_permission(request, APIView())


class Guarded(APIView):
    authentication_classes = (FreshBasicAuthentication,)

    def get_permissions(self) -> list[BasePermission]:
        return [HasRole(SELF_SERVICE_USER), HasEntitlement(REQUEST_FOR_CHAT)]

    def get(self, request: object) -> Response:
        return Response()


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("wrong", 401)])
def test_in_a_view(user: User, password: str, status: int) -> None:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=basic("dcsadmin1", password))
    response = Guarded.as_view()(request)
    assert response.status_code == status
    assert (status == 200) or (response["WWW-Authenticate"] == 'Basic realm="owsm"')


def test_no_credentials_are_challenged(db: None) -> None:
    response = Guarded.as_view()(APIRequestFactory().get("/"))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Basic realm="owsm"')


def test_an_entitlement_of_ones_own_or_of_a_superuser_does_not_count(db: None) -> None:
    User.objects.create_superuser("root", PASSWORD)
    response = Guarded.as_view()(APIRequestFactory().get("/", HTTP_AUTHORIZATION=basic("root", PASSWORD)))
    assert response.status_code == 403
