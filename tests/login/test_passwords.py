"""Changing one's password, and setting a forgotten one anew."""

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import mail as outbox
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.memory import forget_everything
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.login import passwords
from authenticate_app.throttling.models import FailureCount
from tests import letters
from tests.login.conftest import NAME, PASSWORD, Browser, sign_in

CHANGE, FORGOTTEN = "/account/password/", "/account/password/forgotten/"
NEW = "another fine password"


def change(
    browser: Browser, old: str = PASSWORD, new: str = NEW, again: str | None = None, address: str = CHANGE
) -> Any:
    again = new if again is None else again
    return browser.post(address, {"old_password": old, "new_password1": new, "new_password2": again})


def has_password(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


# With the old one


def test_browsers_know_which_password_is_which(signed_in: Browser) -> None:
    page = signed_in.get(CHANGE).content.decode()
    assert page.count('autocomplete="current-password"') == 1
    assert page.count('autocomplete="new-password"') == 2
    assert re.search(rf'value="{NAME}"\s+autocomplete="username"', page)
    assert "at least 12 characters" in page


def test_a_new_password_counts_at_once_and_ends_all_other_sessions(john: User, signed_in: Browser) -> None:
    elsewhere = Browser()
    sign_in(elsewhere)
    stamp = User.objects.get().sign_in_stamp
    before = signed_in.session.session_key
    assert change(signed_in)["Location"] == "/account/password/changed/"
    assert has_password(john, NEW)
    assert User.objects.get().sign_in_stamp != stamp
    assert signed_in.get("/account/").status_code == HTTPStatus.OK
    assert signed_in.session.session_key != before
    assert elsewhere.get("/account/").status_code == HTTPStatus.FOUND
    event = AuditEvent.objects.get(event="password_set")
    assert (event.actor_id, event.object_id, event.reason, event.changes) == (john.pk, str(john.pk), "changed", {})
    letters.send_all()
    (note,) = outbox.outbox
    assert note.to == ["John@Vision.com"]
    assert note.subject == "Your password for chat.example.com was changed"


def test_it_leads_back_to_a_path_of_ours_alone(signed_in: Browser) -> None:
    assert change(signed_in, address=f"{CHANGE}?next=/admin/")["Location"] == "/admin/"
    assert change(signed_in, NEW, PASSWORD, address=f"{CHANGE}?next=//evil.example/")["Location"] == f"{CHANGE}changed/"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("wrong", NEW, NEW), "This is not your current password."),
        ((PASSWORD, NEW, "something else entirely"), "The two password fields didn’t match."),
        ((PASSWORD, "short", "short"), "It must contain at least 12 characters."),
        ((PASSWORD, "john.smith@vision.co", "john.smith@vision.co"), "too similar to the user name"),
        ((PASSWORD, "tab\tin a password", "tab\tin a password"), "control character"),
        ((PASSWORD, "x" * 1025, "x" * 1025), "at most 1024 characters"),
        (("", "", ""), "This field is required."),
        (("a\0b", NEW, NEW), "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said(john: User, signed_in: Browser, typed: tuple[str, str, str], sentence: str) -> None:
    response = change(signed_in, *typed)
    assert response.status_code == HTTPStatus.OK
    page = response.content.decode()
    assert sentence in page
    assert 'role="alert"' in page
    assert has_password(john, PASSWORD)


def test_the_old_password_cannot_be_guessed_in_a_stolen_session(john: User, signed_in: Browser, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 2
    forget_everything()  # as another worker, or a few minutes later
    for _attempt in range(2):
        change(signed_in, "wrong")
    response = change(signed_in)
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 840 < int(response["Retry-After"]) <= 900
    assert has_password(john, PASSWORD)


def test_a_busy_moment_changes_nothing(john: User, signed_in: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(password: str) -> str:
        raise SignInBusy(1)

    monkeypatch.setattr(passwords, "make_hash", busy)
    response = change(signed_in)
    assert (response.status_code, response["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")
    assert has_password(john, PASSWORD)


def test_a_hash_that_the_proof_itself_renewed_is_no_other_password(
    john: User, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.force_login(john)
    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.memory_cost", 16)
    assert change(browser)["Location"] == "/account/password/changed/"
    assert has_password(john, NEW)
    assert browser.get("/account/").status_code == HTTPStatus.OK


def test_whoever_is_not_signed_in_signs_in_first(browser: Browser, john: User) -> None:
    assert browser.get(CHANGE)["Location"] == f"/login/?next={CHANGE}"


# With a link


def ask(name: str, **headers: str) -> Any:
    answer = Browser(headers={"accept-language": "en", **headers}).post(FORGOTTEN, {"name": name})
    letters.send_all()
    return answer


def link() -> str:
    (found,) = re.findall(
        r"https://chat\.example\.com(/\S+)", str(outbox.outbox[0].body).split("chat.example.com\n")[0]
    )
    return str(found)


def follow(browser: Browser) -> tuple[str, Any]:
    response = browser.get(link(), follow=True)
    return response.redirect_chain[-1][0], response


@pytest.mark.parametrize("name", [NAME, "JOHN@vision.com"])
def test_a_link_sets_a_new_password(john: User, browser: Browser, name: str) -> None:
    FailureCount.objects.create(key="k", scope="name-address", user=john, failures=9, window_ends_at=later())
    assert ask(name)["Location"] == f"{FORGOTTEN}sent/"
    assert outbox.outbox[0].to == ["John@Vision.com"]
    address, page = follow(browser)
    assert link().split("/")[-2] not in address
    assert page.content.decode().count('autocomplete="new-password"') == 2
    response = browser.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert response["Location"] == "/account/password/changed/"
    assert has_password(john, NEW)
    assert "_auth_user_id" not in browser.session
    assert not FailureCount.objects.filter(user=john).exists()
    assert AuditEvent.objects.get(event="password_set").reason == "forgotten"


def later() -> Any:
    return timezone.now() + timedelta(minutes=5)


def test_a_link_works_once(john: User, browser: Browser) -> None:
    ask(NAME)
    address, _page = follow(browser)
    browser.post(address, {"new_password1": NEW, "new_password2": NEW})
    for used_up in (address, link()):
        page = Browser(headers={"accept-language": "en"}).get(used_up, follow=True)
        assert "This link is used up" in page.content.decode()


def test_of_two_who_follow_one_link_one_gets_their_password(john: User) -> None:
    ask(NAME)
    first, second = User.objects.get(), User.objects.get()
    request = Browser().get("/login/").wsgi_request
    now = timezone.now()
    way = passwords.Way.FORGOTTEN
    assert passwords.set_new_password(request, user=first, password=NEW, way=way, now=now)
    assert not passwords.set_new_password(request, user=second, password="something else", way=way, now=now)
    assert has_password(john, NEW)


def test_who_comes_second_is_told_so(john: User, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(NAME)
    address, _page = follow(browser)
    from authenticate_app.login import password_views

    monkeypatch.setattr(password_views, "set_new_password", lambda *_args, **_kwargs: False)
    page = browser.post(address, {"new_password1": NEW, "new_password2": NEW}).content.decode()
    assert "Your password was changed a moment ago, on another page." in page


def test_a_link_ends_with_its_time(john: User, browser: Browser, settings: Any) -> None:
    ask(NAME)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "This link is used up" in follow_to_its_end(browser)


def follow_to_its_end(browser: Browser) -> str:
    return str(browser.get(link(), follow=True).content.decode())


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!nothing"}, {"email_verified": False}])
def test_a_link_ends_with_the_account(john: User, browser: Browser, change: dict[str, Any]) -> None:
    ask(NAME)
    User.objects.update(**change)
    assert "This link is used up" in follow_to_its_end(browser)


def test_a_session_that_somebody_planted_does_not_share_the_link(john: User, browser: Browser) -> None:
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    ask(NAME)
    follow(browser)
    assert browser.session.session_key != planted


@pytest.mark.parametrize("uid", ["x", "AA", "_____", urlsafe_base64_encode(b"9" * 30), urlsafe_base64_encode(b"\0")])
@pytest.mark.django_db
def test_an_address_that_somebody_made_up_is_a_link_used_up(browser: Browser, uid: str) -> None:
    response = browser.get(f"{FORGOTTEN}{uid}/x-y/")
    assert response.status_code == HTTPStatus.OK
    assert "This link is used up" in response.content.decode()
    assert browser.post(f"{FORGOTTEN}{uid}/set-password/", {}).status_code == HTTPStatus.OK


NOBODY = [
    ("nobody", {}, "unknown-user"),
    (NAME, {"is_active": False}, "disabled-user"),
    (NAME, {"password": "!nothing"}, "no-password"),
    (NAME, {"email_verified": False}, "unverified-address"),
]


@pytest.mark.parametrize(("name", "fields", "reason"), NOBODY)
def test_nobody_learns_who_exists(john: User, name: str, fields: dict[str, Any], reason: str) -> None:
    known = ask(NAME)
    sent = len(outbox.outbox)
    User.objects.update(**fields) if fields else None
    response = ask(name)
    assert len(outbox.outbox) == sent
    assert (response.status_code, response["Location"]) == (known.status_code, known["Location"])
    assert AuditEvent.objects.filter(event="password_reset_asked").latest("id").reason == reason


@pytest.mark.parametrize("name", [NAME, "nobody"])
def test_the_answer_costs_the_same_whoever_asks(john: User, name: str, django_assert_num_queries: Any) -> None:
    browser = Browser()
    with django_assert_num_queries(3):
        browser.post(FORGOTTEN, {"name": name})
    (job,) = letters.waiting()
    assert name not in str(job.args)


def test_a_mail_server_that_is_away_is_asked_again_with_a_new_link(john: User, settings: Any) -> None:
    works, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    ask(NAME)
    assert not AuditEvent.objects.exists()
    settings.EMAIL_BACKEND = works
    letters.send_all()
    assert link().startswith(FORGOTTEN)
    assert AuditEvent.objects.get().reason == ""


def test_a_link_that_nobody_waits_for_any_more_is_not_sent(john: User, settings: Any) -> None:
    settings.PASSWORD_RESET_TIMEOUT = -1
    ask(NAME)
    assert outbox.outbox == []
    assert AuditEvent.objects.get().reason == "not-sent"


def test_a_name_that_no_key_decrypts_ends_its_job(john: User, settings: Any) -> None:
    Browser().post(FORGOTTEN, {"name": NAME})
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key()]
    letters.send_all()
    assert (letters.waiting(), outbox.outbox) == ([], [])


def test_links_are_few_for_one_name_known_or_not(john: User, settings: Any) -> None:
    settings.PASSWORD_RESETS_BY_NAME = 2
    for name in (NAME, "nobody"):
        answers = [ask(name) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert 840 < int(answers[-1]["Retry-After"]) <= 900
        assert "Please look for our e-mail, or try again in 15 minutes." in answers[-1].content.decode()
        ask(name)
    assert AuditEvent.objects.filter(reason="asked-too-often").count() == 2
    assert len(outbox.outbox) == 2


def test_links_are_few_for_one_address(john: User, settings: Any) -> None:
    settings.PASSWORD_RESETS_BY_ADDRESS = 2
    assert [ask(f"name{number}").status_code for number in range(3)] == [302, 302, 429]


def test_the_host_of_the_request_is_not_in_the_link(john: User) -> None:
    browser = Browser(headers={"host": "127.0.0.1"})
    browser.post(FORGOTTEN, {"name": NAME})
    letters.send_all()
    assert "127.0.0.1" not in str(outbox.outbox[0].body)
    assert link().startswith(FORGOTTEN)


def test_without_e_mail_there_is_no_such_page(john: User, settings: Any) -> None:
    settings.EMAIL_URL = ""
    assert Browser().get(FORGOTTEN).status_code == HTTPStatus.NOT_FOUND
    assert FORGOTTEN not in Browser().get("/login/").content.decode()


@pytest.mark.django_db
def test_the_way_back_keeps_where_one_was_going(browser: Browser) -> None:
    page = browser.get("/login/?next=/oauth/authorize%3Fa%3Db%26c%3Dd").content.decode()
    assert f'href="{FORGOTTEN}?next=%2Foauth%2Fauthorize%3Fa%3Db%26c%3Dd"' in page
    page = browser.get(f"{FORGOTTEN}?next=//evil.example").content.decode()
    assert "evil" not in page


@pytest.mark.django_db
def test_so_does_the_page_that_says_that_the_e_mail_is_on_its_way(browser: Browser) -> None:
    response = browser.post(f"{FORGOTTEN}?next=%2Foauth%2Fauthorize%3Fa%3Db", {"name": "nobody"})
    assert response["Location"] == f"{FORGOTTEN}sent/?next=%2Foauth%2Fauthorize%3Fa%3Db"
    assert 'href="/login/?next=%2Foauth%2Fauthorize%3Fa%3Db"' in browser.get(response["Location"]).content.decode()
