"""What people change of their own factors: audited, told by e-mail, and never the last one that they must have."""

import json
from typing import Any

import pyotp
import pytest

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import changes, one_time_codes, passkeys, recovery
from authenticate_app.factors.changes import Deed
from authenticate_app.factors.errors import FactorRefused, LastFactor, Reason, TooManyPasskeys
from authenticate_app.factors.models import OneTimeCodeDevice, Passkey
from tests import letters
from tests.factors.authenticator import Authenticator
from tests.factors.builders import store_passkey
from tests.factors.conftest import NOW, ORIGIN

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HOLDER = "browser"


@pytest.fixture
def deed(jane: User) -> Deed:
    return Deed(jane, ORIGIN, NOW)


def turn_on(deed: Deed, **given: Any) -> list[str]:
    code = pyotp.TOTP(SECRET).at(NOW)
    return changes.turn_on_codes(deed, **{"secret": SECRET, "typed_code": code, **given})


def add(deed: Deed, name: str = "Phone") -> Passkey:
    options = json.loads(passkeys.options_to_add(user=deed.user, holder=HOLDER, now=NOW))
    return changes.add_passkey(deed, raw_response=Authenticator().make(options), holder=HOLDER, name=name)


def require(user: User) -> None:
    user.second_factor_required = True
    user.save()


def events() -> list[tuple[str, int, Any]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "actor_id", "changes"))


class TestCodes:
    def test_turning_them_on_gives_recovery_codes_once(self, deed: Deed) -> None:
        assert len(turn_on(deed)) == recovery.CODES
        assert events() == [("codes_turned_on", deed.user.pk, {})]
        assert turn_on(deed) == []

    def test_the_app_has_to_make_a_right_code(self, deed: Deed) -> None:
        with pytest.raises(FactorRefused):
            turn_on(deed, typed_code="000000" if pyotp.TOTP(SECRET).at(NOW) != "000000" else "000001")
        assert not OneTimeCodeDevice.objects.exists()

    @pytest.mark.parametrize("has_passkey", [True, False])
    def test_a_password_alone_replaces_no_factor(self, deed: Deed, has_passkey: bool) -> None:
        if has_passkey:
            store_passkey(deed.user)
        else:
            turn_on(deed)
        with pytest.raises(FactorRefused) as refused:
            turn_on(deed, is_first_factor=True)
        assert refused.value.reason is Reason.NO_FACTOR

    def test_turning_them_off_voids_the_recovery_codes(self, deed: Deed) -> None:
        turn_on(deed)
        changes.turn_off_codes(deed)
        assert not OneTimeCodeDevice.objects.exists()
        assert not deed.user.recovery_codes.exists()
        assert [event for event, *_rest in events()] == ["codes_turned_on", "codes_turned_off"]

    def test_nothing_is_turned_off_twice(self, deed: Deed) -> None:
        changes.turn_off_codes(deed)
        assert events() == []

    def test_who_must_have_a_factor_keeps_the_last_one(self, deed: Deed) -> None:
        require(deed.user)
        turn_on(deed)
        with pytest.raises(LastFactor):
            changes.turn_off_codes(deed)
        passkey = store_passkey(deed.user)
        changes.turn_off_codes(deed)
        with pytest.raises(LastFactor):
            changes.remove_passkey(deed, passkey=passkey)
        assert deed.user.passkeys.exists()

    def test_new_recovery_codes_are_for_those_who_are_asked_for_them(self, deed: Deed) -> None:
        with pytest.raises(FactorRefused):
            changes.renew_recovery_codes(deed)
        first = turn_on(deed)
        assert set(changes.renew_recovery_codes(deed)).isdisjoint(first)


class TestPasskeys:
    def test_their_life_is_audited(self, deed: Deed) -> None:
        passkey = add(deed)
        changes.rename_passkey(deed, passkey=passkey, name="Tablet")
        changes.rename_passkey(deed, passkey=passkey, name="Tablet")
        changes.remove_passkey(deed, passkey=passkey)
        assert events() == [
            ("passkey_added", deed.user.pk, {"name": [None, "Phone"]}),
            ("passkey_renamed", deed.user.pk, {"name": ["Phone", "Tablet"]}),
            ("passkey_removed", deed.user.pk, {"name": ["Tablet", None]}),
        ]

    def test_a_refused_one_is_audited(self, deed: Deed) -> None:
        with pytest.raises(FactorRefused):
            changes.add_passkey(deed, raw_response="{}", holder=HOLDER, name="")
        event = AuditEvent.objects.get()
        assert (event.event, event.reason, event.actor_id) == ("passkey_refused", "malformed", deed.user.pk)

    def test_there_is_a_bound(self, deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(changes, "MOST_PASSKEYS", 2)
        add(deed)
        add(deed)
        with pytest.raises(TooManyPasskeys):
            add(deed)
        assert deed.user.passkeys.count() == 2

    def test_nobody_removes_anothers(self, deed: Deed) -> None:
        other = store_passkey(User.objects.create_user("other@example.com"))
        changes.remove_passkey(deed, passkey=other)
        assert Passkey.objects.get() == other


def test_a_reset_takes_everything(deed: Deed) -> None:
    turn_on(deed)
    add(deed)
    had = changes.reset(deed.user, now=NOW)
    assert (had.has_code_device, had.passkeys, had.recovery_codes) == (True, 1, recovery.CODES)
    user = deed.user
    assert not user.passkeys.exists()
    assert not user.recovery_codes.exists()
    assert not OneTimeCodeDevice.objects.exists()


class TestNotices:
    def test_the_person_is_told(self, deed: Deed) -> None:
        turn_on(deed)
        (letter,) = (job.args for job in letters.waiting())
        assert letter["to"] == "jane@example.com"
        assert letter["subject"] == "How you sign in to chat.example.com was changed"
        assert "Hello jane@example.com," in letter["body"]
        assert "An authenticator app was set up" in letter["body"]
        assert "Nov. 20, 2026" in letter["body"]

    def test_nobody_is_told_without_address_or_for_nothing(self, deed: Deed) -> None:
        passkey = store_passkey(deed.user)
        changes.rename_passkey(deed, passkey=passkey, name="Tablet")
        deed.user.email_verified = False  # perhaps somebody else's
        turn_on(deed)
        deed.user.email, deed.user.email_verified = "", True
        changes.renew_recovery_codes(deed)
        assert letters.waiting() == []

    def test_a_letter_holds_no_secret(self, deed: Deed) -> None:
        codes = turn_on(deed)
        (letter,) = (job.args for job in letters.waiting())
        assert SECRET not in letter["body"]
        assert not any(code in letter["body"] for code in codes)


def test_a_code_that_was_read_with_blanks_sets_the_app_up(deed: Deed) -> None:
    code = pyotp.TOTP(SECRET).at(NOW)
    assert turn_on(deed, typed_code=f"{code[:3]} {code[3:]}")
    assert one_time_codes.read(f"{code[:3]} {code[3:]}") == code
