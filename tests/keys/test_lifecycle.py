from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.fernet import Fernet
from django.conf import LazySettings
from joserfc import jwt
from joserfc.jwk import KeySet

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys import services
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.metrics import SIGNING_KEYS
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.selectors import why_nothing_signs
from authenticate_app.keys.tokens import sign
from tests.keys.conftest import ANNOUNCED, DAY, NOW, RETIRED, SIGNING

pytestmark = pytest.mark.django_db

State = SigningKey.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def first(db: None) -> SigningKey:
    return services.ensure_signing_key(now=NOW)


def states(at: object) -> dict[str, State]:
    return {key.kid: key.state(now=at) for key in SigningKey.objects.all()}  # type: ignore[arg-type]


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "object_name"))


class TestTheFirstKey:
    def test_signs_at_once_under_the_documented_name(self, first: SigningKey) -> None:
        assert first.kid == "trustservice"
        assert first.state(now=NOW) is State.SIGNING
        assert why_nothing_signs(now=NOW) == ""
        assert events() == [("key_rotated", "trustservice")]

    def test_is_made_once(self, first: SigningKey) -> None:
        assert services.ensure_signing_key(now=NOW + DAY) == first
        assert SigningKey.objects.count() == 1

    def test_goes_on_signing_until_there_is_a_successor(self, first: SigningKey) -> None:
        assert why_nothing_signs(now=NOW + 10 * SIGNING) == ""

    def test_bears_a_certificate_for_its_whole_life(self, first: SigningKey) -> None:
        certificate = x509.load_der_x509_certificate(bytes(first.certificate))

        assert certificate.subject.rfc4514_string() == "CN=trustservice"
        assert certificate.not_valid_before_utc <= NOW
        assert certificate.not_valid_after_utc >= NOW + SIGNING + RETIRED

    def test_is_encrypted_at_rest(self, first: SigningKey) -> None:
        assert bytes(first.encrypted_private_key).startswith(b"gAAAA")

    @pytest.mark.parametrize(("environment", "mark"), [("demonstration", True), ("production", False)])
    def test_of_a_demonstration_is_marked(self, settings: LazySettings, environment: str, mark: bool) -> None:
        settings.ENVIRONMENT = environment
        assert services.ensure_signing_key(now=NOW).is_demonstration is mark

    def test_is_made_anew_under_another_name_when_there_was_one(self, first: SigningKey) -> None:
        SigningKey.objects.update(revoked_at=NOW)

        second = services.ensure_signing_key(now=NOW)

        assert second.kid.startswith("trustservice-20260504-")
        assert len(second.kid) == len("trustservice-20260504-ab12")


class TestRotation:
    def test_hands_over_at_one_instant(self, first: SigningKey) -> None:
        rotation = services.rotate(now=NOW)

        assert rotation.is_new
        second = rotation.key.kid
        takes_over = NOW + ANNOUNCED
        assert states(NOW) == {first.kid: State.SIGNING, second: State.ANNOUNCED}
        assert states(takes_over) == {first.kid: State.RETIRED, second: State.SIGNING}
        assert states(takes_over + RETIRED) == {first.kid: State.DELETED, second: State.SIGNING}

    def test_is_done_once_at_a_time(self, first: SigningKey) -> None:
        announced = services.rotate(now=NOW).key

        again = services.rotate(now=NOW + DAY)

        assert (again.key, again.is_new) == (announced, False)
        assert SigningKey.objects.count() == 2

    def test_can_follow_a_rotation(self, first: SigningKey) -> None:
        services.rotate(now=NOW)
        assert services.rotate(now=NOW + ANNOUNCED).is_new

    def test_without_a_key_makes_one_that_signs_at_once(self) -> None:
        rotation = services.rotate(now=NOW)

        assert rotation.is_new
        assert rotation.key.state(now=NOW) is State.SIGNING

    def test_is_audited_with_who_asked_and_counted(
        self, first: SigningKey, django_capture_on_commit_callbacks: object
    ) -> None:
        administrator = User.objects.create_user("root")
        before = SIGNING_KEYS.labels("key_announced")._value.get()

        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            rotation = services.rotate(now=NOW, actor=administrator)

        event = AuditEvent.objects.get(event="key_announced")
        assert (event.actor, event.actor_name, event.object_name) == (administrator, "root", rotation.key.kid)
        assert SIGNING_KEYS.labels("key_announced")._value.get() == before + 1

    def test_never_breaks_a_token(self, first: SigningKey) -> None:
        """Verifiers who fetched the key set as long ago as they may cache it know every key that signs."""
        services.rotate(now=NOW)
        for hours in range(0, 24 * 5, 3):
            now = NOW + timedelta(hours=hours)
            keys = keyring.current().value
            key = keys.signing_key(now)
            assert key is not None
            cached = KeySet.import_key_set(keys.key_set(max(NOW, now - timedelta(hours=1))))  # type: ignore[arg-type]
            assert jwt.decode(sign({"sub": "John"}, key=key), cached, algorithms=["RS256"]).claims["sub"] == "John"


class TestRotationByItself:
    def test_waits_until_it_is_time(self, first: SigningKey) -> None:
        assert services.rotate_when_due(NOW + SIGNING - ANNOUNCED - MINUTE) == 0
        assert SigningKey.objects.count() == 1

    def test_lets_the_successor_start_when_the_signing_span_ends(self, first: SigningKey) -> None:
        assert services.rotate_when_due(NOW + SIGNING - ANNOUNCED) == 1

        successor = SigningKey.objects.exclude(pk=first.pk).get()
        assert successor.signs_from == NOW + SIGNING
        assert SigningKey.objects.get(pk=first.pk).retired_at == NOW + SIGNING

    def test_announces_for_the_whole_span_when_it_comes_late(self, first: SigningKey) -> None:
        late = NOW + SIGNING + DAY
        services.rotate_when_due(late)

        assert SigningKey.objects.exclude(pk=first.pk).get().signs_from == late + ANNOUNCED
        assert states(late)[first.kid] is State.SIGNING

    def test_happens_once(self, first: SigningKey) -> None:
        due = NOW + SIGNING - ANNOUNCED
        assert [services.rotate_when_due(due + n * MINUTE) for n in range(3)] == [1, 0, 0]

    def test_makes_a_key_where_there_is_none(self) -> None:
        assert services.rotate_when_due(NOW) == 1
        assert why_nothing_signs(now=NOW) == ""

    def test_goes_on_for_years(self, first: SigningKey) -> None:
        for days in range(0, 800, 20):
            now = NOW + days * DAY
            services.rotate_when_due(now)
            services.delete_when_due(now)
            assert list(states(now).values()).count(State.SIGNING) == 1
            assert why_nothing_signs(now=now) == ""
        assert SigningKey.objects.count() == 8
        assert SigningKey.objects.exclude(encrypted_private_key=b"").count() <= 2


class TestWiping:
    def test_waits_for_clocks_that_are_behind(self, first: SigningKey) -> None:
        services.rotate(now=NOW)

        assert services.delete_when_due(NOW + ANNOUNCED + MINUTE - timedelta(seconds=1)) == 0
        assert services.delete_when_due(NOW + ANNOUNCED + MINUTE) == 1
        assert services.delete_when_due(NOW + ANNOUNCED + MINUTE) == 0

    def test_keeps_the_record_and_the_key_set(self, first: SigningKey) -> None:
        services.rotate(now=NOW)
        before = keyring.current().value.key_set(NOW + ANNOUNCED)

        services.delete_when_due(NOW + 2 * ANNOUNCED - MINUTE)

        row = SigningKey.objects.get(pk=first.pk)
        assert bytes(row.encrypted_private_key) == b""
        assert bytes(row.certificate)
        assert keyring.current().value.key_set(NOW + ANNOUNCED) == before
        assert events()[-1] == ("key_deleted", "trustservice")


class TestRevocation:
    def test_of_the_only_key_lets_a_new_one_sign_at_once(self, first: SigningKey) -> None:
        revoked = services.revoke(key=first, now=NOW)

        assert revoked.state(now=NOW) is State.REVOKED
        assert bytes(revoked.encrypted_private_key) == b""
        [key] = keyring.current().value.key_set(NOW)["keys"]
        assert key["kid"] != first.kid
        assert why_nothing_signs(now=NOW) == ""
        assert [event for event, _ in events()] == ["key_rotated", "key_rotated", "key_revoked"]

    def test_of_the_signing_key_lets_the_announced_one_sign_at_once(self, first: SigningKey) -> None:
        announced = services.rotate(now=NOW).key

        services.revoke(key=first, now=NOW + MINUTE)

        signing = keyring.current().value.signing_key(NOW + MINUTE)
        assert signing is not None
        assert signing.kid == announced.kid
        assert SigningKey.objects.count() == 2

    def test_of_the_announced_key_lets_the_present_one_go_on(self, first: SigningKey) -> None:
        announced = services.rotate(now=NOW).key

        services.revoke(key=announced, now=NOW + MINUTE)

        assert states(NOW + 10 * ANNOUNCED) == {first.kid: State.SIGNING, announced.kid: State.REVOKED}
        assert services.rotate(now=NOW + 2 * MINUTE).is_new

    def test_of_a_retired_key_changes_no_other(self, first: SigningKey) -> None:
        second = services.rotate(now=NOW).key

        services.revoke(key=first, now=NOW + ANNOUNCED)

        assert states(NOW + ANNOUNCED) == {first.kid: State.REVOKED, second.kid: State.SIGNING}

    def test_counts_once(self, first: SigningKey) -> None:
        services.revoke(key=first, now=NOW)

        again = services.revoke(key=first, now=NOW + DAY)

        assert again.revoked_at == NOW
        assert SigningKey.objects.count() == 2

    def test_says_who_and_in_which_state_the_key_was(self, first: SigningKey) -> None:
        administrator = User.objects.create_user("root")
        services.revoke(key=first, now=NOW, actor=administrator)

        event = AuditEvent.objects.get(event="key_revoked")
        assert (event.actor_name, event.reason, event.object_name) == ("root", "signing", "trustservice")


class TestWhyNothingSigns:
    def test_is_empty_while_something_does(self, first: SigningKey) -> None:
        assert why_nothing_signs(now=NOW) == ""

    def test_says_what_to_run(self) -> None:
        assert "rotate_signing_key" in why_nothing_signs(now=NOW)

    def test_names_the_setting(self, first: SigningKey, settings: LazySettings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)
        keyring.forget()

        assert "FIELD_ENCRYPTION_KEYS should hold" in why_nothing_signs(now=NOW)
