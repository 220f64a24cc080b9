from typing import Any

import pytest
from django.contrib.auth.models import Group
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import AuthenticationFailed, Throttled

from authenticate_app.accounts import passwords
from authenticate_app.accounts.basic import BasicAuthentication, FreshBasicAuthentication
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, SELF_SERVICE_USER
from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.throttling.models import FailureCount, KnownAddress
from tests.accounts.conftest import PASSWORD, Requests, basic

RIGHT = basic("dcsadmin1", PASSWORD)
WRONG = basic("dcsadmin1", "wrong")


def hashes() -> float:
    return REGISTRY.get_sample_value("chatauth_password_hashes_total") or 0.0


def test_a_right_password_makes_a_caller(user: User, request_from: Requests) -> None:
    authenticated = BasicAuthentication().authenticate(request_from(RIGHT))
    assert authenticated is not None
    caller, sign_in = authenticated
    assert (caller.user_id, caller.username, caller.verified_email_key) == (user.pk, "dcsadmin1", "admin@vision.com")
    assert caller.roles == {SELF_SERVICE_USER}
    assert caller.entitlements == {REQUEST_FOR_CHAT}
    user.refresh_from_db()
    assert caller.revision == user.revision
    assert not sign_in.from_memory


def test_the_header_may_be_absent_or_of_another_scheme(request_from: Requests) -> None:
    assert BasicAuthentication().authenticate(request_from()) is None
    assert BasicAuthentication().authenticate(request_from("Bearer abc")) is None


def test_the_challenge_is_oracles(request_from: Requests) -> None:
    assert BasicAuthentication().authenticate_header(request_from()) == 'Basic realm="owsm"'


def test_a_first_sign_in_costs_two_queries_and_one_hash(
    user: User, request_from: Requests, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = hashes()
    with django_assert_num_queries(2):
        BasicAuthentication().authenticate(request_from(RIGHT))
    assert hashes() - before == 1


def test_a_warm_sign_in_costs_neither(
    user: User, request_from: Requests, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = BasicAuthentication().authenticate(request_from(RIGHT))
    before = hashes()
    with django_assert_num_queries(0):
        again = BasicAuthentication().authenticate(request_from(RIGHT))
    assert hashes() == before
    assert first is not None
    assert again is not None
    assert again[0] == first[0]
    assert again[1].from_memory


def test_a_fresh_sign_in_reads_the_account_but_saves_the_hash(
    user: User, request_from: Requests, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    BasicAuthentication().authenticate(request_from(RIGHT))
    user.groups.set(Group.objects.none())
    before = hashes()
    with django_assert_num_queries(1):
        fresh = FreshBasicAuthentication().authenticate(request_from(RIGHT))
    assert hashes() == before
    assert fresh is not None
    assert fresh[0].roles == frozenset()
    assert not fresh[1].from_memory


def test_what_was_read_afresh_is_remembered(user: User, request_from: Requests) -> None:
    BasicAuthentication().authenticate(request_from(RIGHT))
    user.groups.set(Group.objects.none())
    FreshBasicAuthentication().authenticate(request_from(RIGHT))
    remembered = BasicAuthentication().authenticate(request_from(RIGHT))
    assert remembered is not None
    assert remembered[0].roles == frozenset()


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}])
def test_a_fresh_sign_in_sees_every_change(user: User, request_from: Requests, change: dict[str, Any]) -> None:
    BasicAuthentication().authenticate(request_from(RIGHT))
    User.objects.filter(pk=user.pk).update(**change)
    with pytest.raises(AuthenticationFailed):
        FreshBasicAuthentication().authenticate(request_from(RIGHT))
    with pytest.raises(AuthenticationFailed):
        BasicAuthentication().authenticate(request_from(RIGHT))


@pytest.fixture
def impostors(user: User) -> dict[str, str]:
    User.objects.create_user("disabled", PASSWORD, is_active=False)
    User.objects.create_user("unusable")
    return {
        "wrong": WRONG,
        "unknown": basic("nobody", PASSWORD),
        "disabled": basic("disabled", PASSWORD),
        "unusable": basic("unusable", PASSWORD),
    }


@pytest.mark.parametrize("kind", ["wrong", "unknown", "disabled", "unusable"])
def test_every_impostor_gets_the_same_answer_for_the_same_work(
    impostors: dict[str, str],
    request_from: Requests,
    kind: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    before = hashes()
    with django_assert_num_queries(2), pytest.raises(AuthenticationFailed) as refusal:
        BasicAuthentication().authenticate(request_from(impostors[kind]))
    assert hashes() - before == 1
    assert str(refusal.value) == "The user name or the password is not right."


def test_failures_are_audited_without_the_name_of_somebody_who_does_not_exist(
    user: User, request_from: Requests
) -> None:
    for header in (WRONG, basic("my-Password", "x")):
        with pytest.raises(AuthenticationFailed):
            BasicAuthentication().authenticate(request_from(header, HTTP_X_REQUEST_ID="abc"))
    known, unknown = AuditEvent.objects.order_by("id")
    assert (known.event, known.reason, known.actor_name) == ("sign_in_failed", "wrong-password", "dcsadmin1")
    assert (unknown.reason, unknown.actor_id, unknown.actor_name) == ("unknown-user", None, "")
    assert (unknown.address, unknown.request_id) == ("192.0.2.1", "abc")
    assert len(unknown.pseudonym) == 32
    assert not [value for value in vars(unknown).values() if "assword" in str(value)]


@pytest.mark.parametrize("name", ["dcsadmin1", "nobody"])
def test_guesses_are_refused_before_any_hash(
    user: User, request_from: Requests, name: str, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            BasicAuthentication().authenticate(request_from(basic(name, "x")))
    before = hashes()
    for queries in (3, 1, 1):  # the first refusal of a window is noted and audited
        with django_assert_num_queries(queries), pytest.raises(Throttled) as refusal:
            BasicAuthentication().authenticate(request_from(basic(name, PASSWORD)))
        assert 890 <= vars(refusal.value)["wait"] <= 900
    assert hashes() == before
    assert AuditEvent.objects.filter(event="sign_in_throttled").count() == 1
    assert AuditEvent.objects.count() == 4


def test_a_remembered_password_passes_while_guesses_are_refused(
    user: User, request_from: Requests, settings: Any
) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 1
    BasicAuthentication().authenticate(request_from(RIGHT))
    with pytest.raises(AuthenticationFailed):
        BasicAuthentication().authenticate(request_from(WRONG))
    with pytest.raises(Throttled):
        BasicAuthentication().authenticate(request_from(WRONG))
    assert BasicAuthentication().authenticate(request_from(RIGHT)) is not None
    assert FreshBasicAuthentication().authenticate(request_from(RIGHT)) is not None


@pytest.mark.parametrize("authentication", [BasicAuthentication(), FreshBasicAuthentication()])
def test_whoever_guesses_elsewhere_is_not_told_of_a_right_guess_once_refused(
    user: User, request_from: Requests, settings: Any, authentication: BasicAuthentication
) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 1
    BasicAuthentication().authenticate(request_from(RIGHT))
    with pytest.raises(AuthenticationFailed):
        authentication.authenticate(request_from(WRONG, address="198.51.100.7"))
    for guess in (WRONG, RIGHT):
        with pytest.raises(Throttled):
            authentication.authenticate(request_from(guess, address="198.51.100.7"))
    assert authentication.authenticate(request_from(RIGHT)) is not None


def test_success_gives_the_claim_back_and_knows_the_address(user: User, request_from: Requests) -> None:
    with pytest.raises(AuthenticationFailed):
        BasicAuthentication().authenticate(request_from(WRONG))
    BasicAuthentication().authenticate(request_from(RIGHT))
    assert [(count.scope, count.failures) for count in FailureCount.objects.all()] == [("address", 1)]
    assert KnownAddress.objects.get().address == "192.0.2.1"


def test_a_hash_of_earlier_settings_is_renewed(
    user: User, request_from: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.memory_cost", 16)
    caller, _ = BasicAuthentication().authenticate(request_from(RIGHT)) or (None, None)
    renewed = User.objects.get()
    assert "m=16," in renewed.password
    assert caller is not None
    assert caller.revision == renewed.revision
    assert FreshBasicAuthentication().authenticate(request_from(RIGHT)) is not None


def test_a_busy_moment_leaves_the_renewal_to_the_next_sign_in(
    user: User, request_from: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(password: str) -> str:
        raise SignInBusy(1)

    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.memory_cost", 16)
    monkeypatch.setattr(passwords, "make_hash", busy)
    assert BasicAuthentication().authenticate(request_from(RIGHT)) is not None
    assert "m=8," in User.objects.get().password


def test_a_password_that_is_changed_during_the_renewal_stays_changed(
    user: User, request_from: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(password: str) -> str:
        User.objects.update(password="!changed")
        return "hash of the old password"

    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.memory_cost", 16)
    monkeypatch.setattr(passwords, "make_hash", overtaken)
    caller, _ = BasicAuthentication().authenticate(request_from(RIGHT)) or (None, None)
    changed = User.objects.get()
    assert changed.password == "!changed"
    assert caller is not None
    assert caller.revision < changed.revision  # whoever checks the revision notices
    with pytest.raises(AuthenticationFailed):
        FreshBasicAuthentication().authenticate(request_from(RIGHT))


MALFORMED = [
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic YTpi=",
    "Basic bm8gY29sb24=",
    "Basic /////w==",
    RIGHT + ", " + RIGHT,
    basic("", "password"),
    basic("a\0b", "password"),
    basic("name", "pass\nword"),
    basic("n" * 321, "password"),
    basic("name", "p" * 1025),
    "Basic " + "A" * 100_000,
]


@pytest.mark.parametrize("header", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_credentials_are_refused_without_a_query(
    request_from: Requests, header: str, django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    with django_assert_num_queries(0), pytest.raises(AuthenticationFailed):
        BasicAuthentication().authenticate(request_from(header))


@pytest.mark.parametrize(
    ("name", "password"), [("jürgen", "pass:wörd:"), ("山田", "🔑"), ("a", ""), ("n" * 320, "é" * 1024)]
)
def test_every_name_and_password_that_rfc_7617_allows_works(
    db: None, request_from: Requests, name: str, password: str
) -> None:
    User.objects.create_user(name, password)
    assert BasicAuthentication().authenticate(request_from(basic(name.upper(), password))) is not None
