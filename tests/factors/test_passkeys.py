"""Passkeys: whatever is not exactly what was asked for lets nobody in."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import passkeys
from authenticate_app.factors.challenges import LIFETIME, Purpose
from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.models import Passkey
from authenticate_app.factors.responses import LONGEST, UnverifiedAssertion, UnverifiedAttestation
from tests.factors.authenticator import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    USER_PRESENT,
    USER_VERIFIED,
    VERIFIED,
    Authenticator,
    data,
    text,
)
from tests.factors.conftest import NOW, ORIGIN

HOLDER = "the browser's secret"


def options(purpose: Purpose = Purpose.SIGN_IN, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        passkeys.options_to_use(**{"purpose": purpose, "holder": HOLDER, "now": NOW, **given})
    )
    return answer


def add(user: User, authenticator: Authenticator, **given: Any) -> Passkey:
    asked = json.loads(passkeys.options_to_add(user=user, holder=HOLDER, now=NOW))
    raw = authenticator.make(asked)
    return passkeys.read_new(raw, **{"user": user, "holder": HOLDER, "name": "Phone", "now": NOW, **given})


def use(raw: str, **given: Any) -> Passkey:
    asked = {"purpose": Purpose.SIGN_IN, "holder": HOLDER, "origin": ORIGIN, "now": NOW, **given}
    return passkeys.use(raw, **asked)


def refusal(raw: str, **given: Any) -> Reason:
    with pytest.raises(FactorRefused) as refused:
        use(raw, **given)
    return refused.value.reason


@pytest.fixture
def phone(jane: User) -> Authenticator:
    authenticator = Authenticator()
    add(jane, authenticator)
    return authenticator


class TestOptions:
    def test_they_tell_of_nobody_and_ask_for_verification(self, phone: Authenticator) -> None:
        asked = options()
        assert asked["allowCredentials"] == []
        assert asked["userVerification"] == "required"
        assert asked["rpId"] == "chat.example.com"
        assert set(asked) == {"challenge", "timeout", "rpId", "allowCredentials", "userVerification"}

    def test_a_passkey_is_made_that_can_be_found_and_is_verified(self, jane: User, phone: Authenticator) -> None:
        asked = json.loads(passkeys.options_to_add(user=jane, holder=HOLDER, now=NOW))
        assert asked["rp"]["id"] == "chat.example.com"
        assert asked["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert asked["attestation"] == "none"
        assert asked["user"] == {"id": text(jane.subject.bytes), "name": jane.username, "displayName": jane.username}
        assert [known["id"] for known in asked["excludeCredentials"]] == [text(phone.credential_id)]


class TestAdding:
    def test_what_is_stored(self, jane: User) -> None:
        authenticator = Authenticator(aaguid=bytes(range(16)), sign_count=7)
        add(jane, authenticator)
        passkey = jane.passkeys.get()
        assert bytes(passkey.credential_id) == authenticator.credential_id
        assert (passkey.sign_count, passkey.name, passkey.backed_up) == (7, "Phone", False)
        assert passkey.transports == ["internal", "hybrid"]
        assert passkey.aaguid.bytes == bytes(range(16))
        assert (passkey.created_at, passkey.last_used_at) == (NOW, None)

    @pytest.mark.parametrize(
        ("fault", "given", "reason"),
        [
            ({"origin": "https://chat.example.com.evil.example"}, {}, Reason.WRONG_SIGNATURE),
            ({"origin": "http://chat.example.com"}, {}, Reason.WRONG_SIGNATURE),
            ({"rp_id": "example.com"}, {}, Reason.WRONG_SIGNATURE),
            ({"flags": USER_PRESENT}, {}, Reason.WRONG_SIGNATURE),
            ({"flags": USER_VERIFIED}, {}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"type": "webauthn.get"}}, {}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"crossOrigin": True}}, {}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"challenge": text(b"another")}}, {}, Reason.STALE_CHALLENGE),
            ({}, {"holder": "another browser"}, Reason.STALE_CHALLENGE),
            ({}, {"now": NOW + LIFETIME}, Reason.STALE_CHALLENGE),
            ({"credential_id": bytes(1024)}, {}, Reason.MALFORMED),
        ],
    )
    def test_what_was_not_asked_for_is_not_added(
        self, jane: User, fault: dict[str, Any], given: dict[str, Any], reason: Reason
    ) -> None:
        with pytest.raises(FactorRefused) as refused:
            add(jane, Authenticator(**fault), **given)
        assert refused.value.reason is reason
        assert not Passkey.objects.exists()

    def test_an_answer_is_good_once(self, jane: User) -> None:
        raw = Authenticator().make(json.loads(passkeys.options_to_add(user=jane, holder=HOLDER, now=NOW)))
        passkeys.read_new(raw, user=jane, holder=HOLDER, name="", now=NOW)
        with pytest.raises(FactorRefused):
            passkeys.read_new(raw, user=jane, holder=HOLDER, name="", now=NOW)
        assert Passkey.objects.count() == 1

    def test_one_passkey_is_not_two_peoples(self, jane: User, phone: Authenticator) -> None:
        with pytest.raises(FactorRefused) as refused:
            add(User.objects.create_user("other@example.com"), phone)
        assert refused.value.reason is Reason.KNOWN_PASSKEY
        assert jane.passkeys.count() == 1

    def test_a_challenge_to_sign_in_adds_nothing(self, jane: User) -> None:
        asked = {**options(), "user": {"id": text(jane.subject.bytes)}}
        with pytest.raises(FactorRefused):
            passkeys.read_new(Authenticator().make(asked), user=jane, holder=HOLDER, name="", now=NOW)


class TestUsing:
    def test_it_says_who_it_is(self, jane: User, phone: Authenticator) -> None:
        assert use(phone.use(options())).user == jane
        assert jane.passkeys.get().last_used_at == NOW

    def test_it_costs_three_statements(self, phone: Authenticator, django_assert_num_queries: Any) -> None:
        raw = phone.use(options())
        with django_assert_num_queries(3):
            use(raw)

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ({"origin": "https://evil.example"}, Reason.WRONG_SIGNATURE),
            ({"origin": "https://chat.example.com:8443"}, Reason.WRONG_SIGNATURE),
            ({"origin": "http://chat.example.com"}, Reason.WRONG_SIGNATURE),
            ({"rp_id": "evil.example"}, Reason.WRONG_SIGNATURE),
            ({"flags": USER_PRESENT}, Reason.WRONG_SIGNATURE),
            ({"flags": USER_VERIFIED}, Reason.WRONG_SIGNATURE),
            ({"flags": VERIFIED | BACKED_UP}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"type": "webauthn.create"}}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"crossOrigin": True}}, Reason.WRONG_SIGNATURE),
            ({"client_data": {"challenge": text(bytes(56))}}, Reason.STALE_CHALLENGE),
            ({"user_handle": b""}, Reason.UNKNOWN_PASSKEY),
            ({"user_handle": bytes(16)}, Reason.UNKNOWN_PASSKEY),
            ({"credential_id": b"unknown"}, Reason.UNKNOWN_PASSKEY),
            ({"_key": Authenticator()._key}, Reason.WRONG_SIGNATURE),
        ],
    )
    def test_what_was_not_asked_for_proves_nothing(
        self, phone: Authenticator, fault: dict[str, Any], reason: Reason
    ) -> None:
        for name, value in fault.items():
            setattr(phone, name, value)
        assert refusal(phone.use(options())) is reason

    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ({}, {"holder": "another browser"}),
            ({}, {"now": NOW + LIFETIME}),
            ({}, {"purpose": Purpose.CONFIRM}),
            ({"purpose": Purpose.CONFIRM}, {}),
        ],
    )
    def test_a_challenge_for_another_moment_proves_nothing(
        self, phone: Authenticator, asked: dict[str, Any], given: dict[str, Any]
    ) -> None:
        assert refusal(phone.use(options(**asked)), **given) is Reason.STALE_CHALLENGE

    def test_an_answer_is_good_once(self, phone: Authenticator) -> None:
        raw = phone.use(options())
        use(raw)
        assert refusal(raw) is Reason.STALE_CHALLENGE

    def test_a_refused_answer_does_not_spend_the_challenge(self, phone: Authenticator, jane: User) -> None:
        asked = options()
        refusal(Authenticator(user_handle=jane.subject.bytes).use(asked))
        assert use(phone.use(asked)).user == jane

    def test_a_disabled_user_is_nobody(self, jane: User, phone: Authenticator) -> None:
        User.objects.filter(pk=jane.pk).update(is_active=False)
        assert refusal(phone.use(options())) is Reason.UNKNOWN_PASSKEY

    def test_somebody_else_does_not_confirm(self, phone: Authenticator) -> None:
        other = User.objects.create_user("other@example.com")
        raw = phone.use(options(Purpose.CONFIRM))
        assert refusal(raw, purpose=Purpose.CONFIRM, user=other) is Reason.OTHER_USER

    def test_a_passkey_that_moved_to_an_account_is_noted(self, jane: User, phone: Authenticator) -> None:
        phone.flags |= BACKUP_ELIGIBLE | BACKED_UP
        use(phone.use(options()))
        assert jane.passkeys.get().backed_up


class TestSignCount:
    @pytest.mark.parametrize(
        ("stored", "counted", "is_taken"),
        [(5, 6, True), (5, 9, True), (5, 5, False), (5, 4, False), (5, 0, False), (0, 0, True), (0, 1, True)],
    )
    def test_it_only_grows(self, jane: User, phone: Authenticator, stored: int, counted: int, is_taken: bool) -> None:
        Passkey.objects.update(sign_count=stored)
        phone.sign_count = counted - 1 if counted else None
        raw = phone.use(options())
        if is_taken:
            use(raw)
        else:
            assert refusal(raw) is Reason.SIGN_COUNT
        assert jane.passkeys.get().sign_count == max(stored, counted)

    def test_of_two_copies_one_is_found_out_and_it_is_audited(self, jane: User, phone: Authenticator) -> None:
        phone.sign_count = 0
        first, second = options(), options()
        raw_of_original = phone.use(first)
        phone.sign_count = 0
        raw_of_copy = phone.use(second)
        use(raw_of_original)
        assert refusal(raw_of_copy) is Reason.SIGN_COUNT
        event = AuditEvent.objects.get(event="passkey_refused")
        assert (event.actor_id, event.reason, event.address) == (jane.pk, "sign-count", ORIGIN.address)


class TestRefusals:
    def test_they_are_audited_without_a_name(self, phone: Authenticator) -> None:
        phone.origin = "https://evil.example"
        refusal(phone.use(options()))
        event = AuditEvent.objects.get()
        assert (event.event, event.actor_id, event.reason) == ("passkey_refused", None, "wrong-signature")

    def test_a_flood_of_them_does_not_fill_the_log(self, phone: Authenticator, jane: User, settings: Any) -> None:
        settings.THROTTLE_FAILURES_BY_NAME = 3
        for _attempt in range(6):
            refusal("{}")
        reasons = AuditEvent.objects.order_by("id").values_list("reason", flat=True)
        assert list(reasons) == ["malformed", "malformed", "malformed", "too-many-failures"]
        assert use(phone.use(options())).user == jane

    @pytest.mark.parametrize(
        "raw",
        [
            "",
            "null",
            "[]",
            "{}",
            "{",
            '"x"',
            "[" * 50_000,
            '{"id": 5}',
            "\ud800",
            " " * (LONGEST + 1),
            '{"id":"\\ud800"}',
        ],
    )
    @pytest.mark.parametrize("parse", [UnverifiedAssertion.parse, UnverifiedAttestation.parse])
    def test_what_cannot_be_read_is_refused(self, parse: Callable[[str], Any], raw: str) -> None:
        with pytest.raises(FactorRefused):
            parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def _somewhere(message: Any, path: list[int], value: Any) -> Any:
    """Put ``value`` into the message, at a place that the path chooses."""
    if not isinstance(message, dict) or not message or not path:
        return value
    name = sorted(message)[path[0] % len(message)]
    return {**message, name: _somewhere(message[name], path[1:], value)}


class TestFuzz:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(path=st.lists(st.integers(0, 9), min_size=1, max_size=2), value=JSON)
    def test_no_value_anywhere_is_a_failure_of_ours(self, jane: User, path: list[int], value: Any) -> None:
        made = json.loads(Authenticator().make({"user": {"id": "AA"}, "challenge": "AAAA"}))
        used = json.loads(Authenticator().use({"challenge": "AAAA"}))
        with suppress(FactorRefused):  # some values, such as other transports, mean nothing
            UnverifiedAttestation.parse(json.dumps(_somewhere(made, path, value))).verify()
        with pytest.raises(FactorRefused):
            UnverifiedAssertion.parse(json.dumps(_somewhere(used, path, value))).verify(b"no key")

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
    def test_any_other_bit_of_what_is_signed_is_refused(self, jane: User, position: int, bit: int) -> None:
        authenticator = Authenticator()
        attested = UnverifiedAttestation.parse(
            authenticator.make(json.loads(passkeys.options_to_add(user=jane, holder=HOLDER, now=NOW)))
        ).verify()
        used = json.loads(authenticator.use(options()))
        signed = bytearray(data(used["response"]["authenticatorData"]))
        signed[position % len(signed)] ^= 1 << bit
        used["response"]["authenticatorData"] = text(bytes(signed))
        with pytest.raises(FactorRefused):
            UnverifiedAssertion.parse(json.dumps(used)).verify(attested.credential_public_key)


def test_challenges_of_the_past_are_refused_even_if_nobody_used_them(phone: Authenticator) -> None:
    asked = options(now=NOW - LIFETIME - timedelta(seconds=1))
    assert refusal(phone.use(asked)) is Reason.STALE_CHALLENGE
