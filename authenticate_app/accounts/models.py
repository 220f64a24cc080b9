"""Users, and the one space of names that they share."""

import secrets
import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.names import email_fault, name_key, user_name_fault

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

NAME_TAKEN = _("Another user has this name already, as user name or as e-mail address.")


def new_sign_in_stamp() -> int:
    """Return a number that no sign-in had before."""
    return secrets.randbits(63)


class UserManager(BaseUserManager["User"]):
    """Stores users and finds them by name."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user; without a password nobody can sign in by password as them."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Store an administrator who may do everything in the admin (for ``manage.py createsuperuser``)."""
        return self.create_user(username, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user as they sign in: whatever the letter case."""
        return self.get(username_key=name_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A DCS user: a customer, a service account, an agent or an administrator.

    ``username`` and ``email`` share one space of names (``LoginName``), compared as ``name_key`` says.
    ``revision`` is raised by a trigger whenever the row or its roles change; what a process remembers of a user is
    worth nothing once it differs.
    """

    username = models.CharField(_("user name"), max_length=320, unique=True)
    username_key = models.CharField(max_length=640, unique=True, editable=False)
    email = models.CharField(_("e-mail address"), max_length=320, blank=True)
    email_key = models.CharField(max_length=640, blank=True, editable=False)
    email_verified = models.BooleanField(
        _("e-mail address is verified"),
        default=False,
        help_text=_("Only a verified address counts as the user's own when a token is asked for."),
    )
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    contact_party_id = models.BigIntegerField(_("contact's party id"), null=True, blank=True)
    organization_party_id = models.BigIntegerField(_("organization's party id"), null=True, blank=True)
    organization_name = models.CharField(_("organization"), max_length=200, blank=True)
    subject = models.UUIDField(_("subject"), default=uuid.uuid4, unique=True, editable=False)
    is_staff = models.BooleanField(_("may sign in to the admin"), default=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Turn this off instead of deleting the user; it counts at once.")
    )
    second_factor_required = models.BooleanField(
        _("must sign in with a second factor"),
        default=False,
        db_default=False,
        help_text=_("A passkey, or codes of an authenticator app. Who has none sets one up when they next sign in."),
    )
    is_demonstration = models.BooleanField(_("demonstration user"), default=False, editable=False)
    date_joined = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    revision = models.BigIntegerField(default=0, editable=False)
    sign_in_stamp = models.BigIntegerField(default=new_sign_in_stamp, db_default=0, editable=False)
    """What a sign-in gave bears it, and counts as long as it is the same. Another one with every new password (not
    when the hash of the same one is renewed), whenever the user is disabled or enabled (a trigger's work, whoever
    does it) and by ``sign_ins.end_sign_ins``."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering: ClassVar = ["username_key"]
        permissions: ClassVar = [
            (REQUEST_FOR_CHAT, _("Request a chat")),
            (REQUEST_FOR_CHAT_ON_BEHALF, _("Request a chat on behalf of others")),
        ]

    def __str__(self) -> str:
        return self.username

    def set_password(self, raw_password: str | None) -> None:
        """Take another password: what was given out on the strength of the one before counts no more."""
        super().set_password(raw_password)
        self.sign_in_stamp = new_sign_in_stamp()

    def set_unusable_password(self) -> None:
        """Let nobody sign in by password; as with another password, what the one before gave counts no more."""
        super().set_unusable_password()
        self.sign_in_stamp = new_sign_in_stamp()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What Django binds sessions to, by way of ``get_session_auth_hash``: all that a sign-in gave ends together."""
        salt, stamp = "authenticate_app.accounts.session", str(self.sign_in_stamp)
        return salted_hmac(salt, stamp, secret=secret, algorithm="sha256").hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user, with the compared forms of their names."""
        self.set_name_keys()
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Refuse what ``check_fields`` refuses, and names that somebody else has as user name or address.

        Forms call it. Two who take the same name at the same moment both pass here: the database stops the second.
        """
        self.set_name_keys()
        self.check_fields(exclude)
        keys = {"username": self.username_key, "email": self.email_key}
        _raise_found({field: self._taken_fault(key) for field, key in keys.items() if field not in (exclude or ())})

    def check_fields(self, exclude: Collection[str] | None = None) -> None:
        """Refuse values that no user can have, without asking the database."""
        super().clean_fields(exclude)
        faults = {"username": user_name_fault(self.username), "email": email_fault(self.email)}
        _raise_found({field: fault for field, fault in faults.items() if field not in (exclude or ())})

    def _taken_fault(self, key: str) -> "StrOrPromise | None":
        is_taken = key and LoginName.objects.filter(key=key).exclude(user_id=self.pk).exists()
        return NAME_TAKEN if is_taken else None

    def set_name_keys(self) -> None:
        """Bring the compared forms up to date; ``bulk_create`` needs it called beforehand."""
        self.username_key = name_key(self.username)
        self.email_key = name_key(self.email)

    def get_full_name(self) -> str:
        """First and last name, or the user name where there is neither."""
        return f"{self.first_name} {self.last_name}".strip() or self.username

    def get_short_name(self) -> str:
        """The first name, or the user name where there is none."""
        return self.first_name or self.username


class Role(Group):
    """A role: Django's group under the name that Fusion and our pages give it."""

    class Meta:
        proxy = True
        verbose_name = _("role")
        verbose_name_plural = _("roles")


class LoginName(models.Model):
    """The one space of names that user names and e-mail addresses share. Written by a trigger on the users."""

    key = models.CharField(max_length=640)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="login_name_once")]

    def __str__(self) -> str:
        return self.key


def _raise_found(faults: "Mapping[str, StrOrPromise | None]") -> None:
    if found := {field: fault for field, fault in faults.items() if fault}:
        raise ValidationError(found)
