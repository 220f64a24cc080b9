from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys import services
from authenticate_app.keys.encryption import is_encrypted_with_first_key
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.selectors import why_nothing_signs

pytestmark = pytest.mark.django_db


def run(command: str) -> str:
    said = StringIO()
    call_command(command, stdout=said)
    return said.getvalue()


class TestRotateSigningKey:
    def test_without_a_key(self) -> None:
        assert run("rotate_signing_key") == "The key trustservice signs from now on.\n"

    def test_says_from_when_the_new_key_signs(self) -> None:
        services.ensure_signing_key(now=timezone.now())

        said = run("rotate_signing_key")

        successor = SigningKey.objects.exclude(kid="trustservice").get()
        assert (
            said == f"The key {successor.kid} is announced and signs from {successor.signs_from:%Y-%m-%d %H:%M} UTC.\n"
        )

    def test_does_nothing_twice(self) -> None:
        services.ensure_signing_key(now=timezone.now() - timedelta(days=1))
        run("rotate_signing_key")

        assert run("rotate_signing_key").startswith("Nothing to do: the key trustservice-")
        assert SigningKey.objects.count() == 2


class TestReencryptSecrets:
    @pytest.fixture(autouse=True)
    def two_keys(self, db: None) -> None:
        services.ensure_signing_key(now=timezone.now())
        services.rotate(now=timezone.now())

    def test_the_old_key_can_go_afterwards(self, settings: LazySettings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = (Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS)

        said = run("reencrypt_secrets")

        assert said == "Encrypted with the first key of FIELD_ENCRYPTION_KEYS: 2 anew, 0 before.\n"
        settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
        keyring.forget()
        assert why_nothing_signs(now=timezone.now()) == ""
        assert AuditEvent.objects.get(event="secrets_reencrypted").changes == {"secrets": [None, 2]}

    def test_leaves_alone_what_is_done(self) -> None:
        before = list(SigningKey.objects.values_list("encrypted_private_key", flat=True))

        assert run("reencrypt_secrets").endswith("0 anew, 2 before.\n")
        assert list(SigningKey.objects.values_list("encrypted_private_key", flat=True)) == before

    def test_leaves_wiped_keys_alone(self) -> None:
        SigningKey.objects.update(encrypted_private_key=b"")

        assert run("reencrypt_secrets").endswith("0 anew, 0 before.\n")

    def test_names_what_it_cannot_read_and_does_the_rest(self, settings: LazySettings) -> None:
        SigningKey.objects.filter(kid="trustservice").update(encrypted_private_key=b"of a lost key")
        settings.FIELD_ENCRYPTION_KEYS = (Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS)

        with pytest.raises(CommandError, match=r"SigningKey trustservice, field encrypted_private_key"):
            run("reencrypt_secrets")

        other = SigningKey.objects.exclude(kid="trustservice").get()
        assert is_encrypted_with_first_key(bytes(other.encrypted_private_key))
