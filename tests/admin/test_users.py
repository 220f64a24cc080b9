"""Users: nobody grants what they do not hold, only superusers edit superusers."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from tests.admin.conftest import PASSWORD, Browser, SignedIn

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
LIST = reverse("admin:authenticate_app_user_changelist")
IMPORT = reverse("admin:authenticate_app_user_import_users")


def change_address(user: User) -> str:
    return reverse("admin:authenticate_app_user_change", args=[user.pk])


def form_of(user: User, *roles: str, **changes: Any) -> dict[str, Any]:
    groups = [str(pk) for pk in Group.objects.filter(name__in=roles).values_list("pk", flat=True)]
    return {"username": user.username, "is_active": "on", "groups": groups, **changes}


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane@example.com", PASSWORD)


def test_an_administrator_gives_a_role_that_they_hold(signed_in: SignedIn, jane: User) -> None:
    browser = signed_in(ADMINISTRATOR, SELF_SERVICE_USER)
    assert browser.post(change_address(jane), form_of(jane, SELF_SERVICE_USER)).status_code == HTTPStatus.FOUND
    assert [role.name for role in jane.groups.all()] == [SELF_SERVICE_USER]


def test_an_administrator_gives_no_role_that_they_lack(signed_in: SignedIn, jane: User) -> None:
    browser = signed_in(ADMINISTRATOR)
    response = browser.post(change_address(jane), form_of(jane, SELF_SERVICE_USER))
    assert response.status_code == HTTPStatus.OK
    assert response.context["errors"]
    assert not jane.groups.exists()


def test_a_role_that_the_user_holds_stays_and_can_be_taken_away(signed_in: SignedIn, jane: User) -> None:
    jane.groups.set(Group.objects.filter(name=ON_BEHALF_ROLE))
    browser = signed_in(ADMINISTRATOR)
    browser.post(change_address(jane), form_of(jane, ON_BEHALF_ROLE, first_name="Jane"))
    assert jane.groups.count() == 1
    browser.post(change_address(jane), form_of(jane))
    assert not jane.groups.exists()


def test_nobody_becomes_a_superuser_by_an_administrator(signed_in: SignedIn, jane: User) -> None:
    signed_in(ADMINISTRATOR).post(change_address(jane), form_of(jane, is_superuser="on"))
    jane.refresh_from_db()
    assert not jane.is_superuser


def test_only_superusers_edit_superusers(signed_in: SignedIn, superuser: User) -> None:
    browser = signed_in(ADMINISTRATOR)
    answers = [
        browser.post(change_address(superuser), form_of(superuser, first_name="Mallory")),
        browser.post(reverse("admin:auth_user_password_change", args=[superuser.pk]), {}),
        browser.post(reverse("admin:authenticate_app_user_delete", args=[superuser.pk]), {"post": "yes"}),
    ]
    assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}
    chosen = {"action": "delete_selected", "_selected_action": [str(superuser.pk)], "post": "yes"}
    browser.post(LIST, chosen)
    superuser.refresh_from_db()
    assert superuser.first_name == ""


def test_a_password_is_set_only_by_somebody_who_holds_as_much(signed_in: SignedIn, jane: User) -> None:
    jane.groups.set(Group.objects.filter(name=ON_BEHALF_ROLE))
    address = reverse("admin:auth_user_password_change", args=[jane.pk])
    assert signed_in(ADMINISTRATOR).get(address).status_code == HTTPStatus.FORBIDDEN
    assert "nothing that you lack" in signed_in(ADMINISTRATOR, name="other@example.com").get(address).content.decode()
    holder = signed_in(ADMINISTRATOR, ON_BEHALF_ROLE, name="holder@example.com")
    assert holder.get(address).status_code == HTTPStatus.OK


def test_nobody_takes_their_own_standing_away(admin: Browser, superuser: User) -> None:
    admin.post(change_address(superuser), {"username": superuser.username})
    superuser.refresh_from_db()
    assert (superuser.is_active, superuser.is_staff, superuser.is_superuser) == (True, True, True)
    assert (
        admin.post(reverse("admin:authenticate_app_user_delete", args=[superuser.pk])).status_code
        == HTTPStatus.FORBIDDEN
    )


def test_a_taken_name_is_refused_with_a_sentence(admin: Browser, jane: User) -> None:
    form = {"username": "JANE@example.com", "usable_password": "false"}
    response = admin.post(reverse("admin:authenticate_app_user_add"), form)
    assert response.status_code == HTTPStatus.OK
    assert response.context["adminform"].form.errors["username"]


def test_a_user_without_a_password(admin: Browser) -> None:
    form = {"username": "john@example.com", "usable_password": "false"}
    assert admin.post(reverse("admin:authenticate_app_user_add"), form).status_code == HTTPStatus.FOUND
    assert not User.objects.get(username="john@example.com").has_usable_password()


def test_the_hash_of_a_password_is_on_no_page(admin: Browser, jane: User) -> None:
    page = admin.get(change_address(jane)).content.decode()
    assert "argon2" not in page
    assert jane.password.rpartition("$")[2] not in page


@pytest.mark.parametrize(("term", "found"), [("JANE", True), ("mail@", True), ("ane", False), ("%", False)])
def test_search_by_the_beginning_of_name_or_address(admin: Browser, jane: User, term: str, found: bool) -> None:
    User.objects.filter(pk=jane.pk).update(email="mail@example.com", email_key="mail@example.com")
    shown = list(admin.get(LIST, {"q": term}).context["cl"].result_list)
    assert (jane in shown) is found


def test_filter_by_role(admin: Browser, jane: User) -> None:
    role = Group.objects.get(name=SELF_SERVICE_USER)
    jane.groups.add(role)
    assert list(admin.get(LIST, {"role": role.pk}).context["cl"].result_list) == [jane]


def import_file(browser: Browser, text: str) -> Any:
    return browser.post(IMPORT, {"file": SimpleUploadedFile("users.csv", text.encode(), "text/csv")})


def test_import(admin: Browser, superuser: User) -> None:
    text = f"username,first_name,roles\njane@example.com,Jane,{SELF_SERVICE_USER}\njohn@example.com,John,\n"
    response = import_file(admin, text)
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, LIST)
    assert [role.name for role in User.objects.get(username="jane@example.com").groups.all()] == [SELF_SERVICE_USER]
    assert AuditEvent.objects.get(event=Event.USERS_IMPORTED).actor_name == superuser.username


def test_an_import_with_faults_stores_nothing_and_names_every_line(admin: Browser, jane: User) -> None:
    text = "username,roles\nnew@example.com,\nJANE@example.com,\nother@example.com,NO_SUCH_ROLE\n"
    response = import_file(admin, text)
    assert [fault.line for fault in response.context["faults"]] == [3, 4]
    page = response.content.decode()
    assert "Nothing was stored" in page
    assert "NO_SUCH_ROLE" in page
    assert not User.objects.filter(username="new@example.com").exists()


def test_an_import_gives_no_role_that_the_importer_lacks(signed_in: SignedIn) -> None:
    response = import_file(signed_in(ADMINISTRATOR), f"username,roles\nnew@example.com,{ON_BEHALF_ROLE}\n")
    assert [fault.line for fault in response.context["faults"]] == [2]


def test_the_import_page_asks_for_a_file(admin: Browser) -> None:
    assert admin.post(IMPORT, {}).context["form"].errors["file"]


def test_only_who_may_add_users_imports_them(signed_in: SignedIn) -> None:
    response = import_file(signed_in("CHATAUTH_SUPERVISOR"), "username\nnew@example.com\n")
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert not User.objects.filter(username="new@example.com").exists()


def test_nobody_leads_the_mail_of_somebody_who_holds_more_to_themselves(signed_in: SignedIn, jane: User) -> None:
    """With the address goes the link to a new password."""
    jane.groups.set(Group.objects.filter(name=ON_BEHALF_ROLE))
    thieves = {"email": "thief@example.com", "email_verified": "on"}
    lacking = signed_in(ADMINISTRATOR)
    lacking.post(change_address(jane), form_of(jane, ON_BEHALF_ROLE, first_name="Jane", **thieves))
    jane.refresh_from_db()
    assert (jane.first_name, jane.email, jane.email_verified) == ("Jane", "", False)
    holder = signed_in(ADMINISTRATOR, ON_BEHALF_ROLE, name="holder@example.com")
    holder.post(change_address(jane), form_of(jane, ON_BEHALF_ROLE, email="jane@example.org", email_verified="on"))
    jane.refresh_from_db()
    assert (jane.email, jane.email_verified) == ("jane@example.org", True)
