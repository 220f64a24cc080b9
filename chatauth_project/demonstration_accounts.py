"""The users of a demonstration, with passwords that are only good for trying things out."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group

from authenticate_app.accounts.entitlements import CHAT_AGENT, ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User

CALLER = "dcsadmin1"
CUSTOMER = "john.smith@vision.com"
ADMINISTRATOR = "admin"
AGENTS = {"anna.agent": ("Anna", "Agnelli"), "ben.agent": ("Ben", "Bauer")}
NAMES = (CALLER, CUSTOMER, *AGENTS, ADMINISTRATOR)


def load(passwords: Mapping[str, str]) -> None:
    """Create the caller, the customer, the agents and the administrator, and give them these passwords.

    Users that exist already keep everything but a different password.
    """
    _user(
        CALLER,
        passwords[CALLER],
        roles=(SELF_SERVICE_USER, ON_BEHALF_ROLE),
        first_name="DCS",
        last_name="Service Account",
    )
    _user(
        CUSTOMER,
        passwords[CUSTOMER],
        roles=(SELF_SERVICE_USER,),
        first_name="John",
        last_name="Smith",
        email=CUSTOMER,
        email_verified=True,
        contact_party_id=300100051234567,
        organization_party_id=300100057654321,
        organization_name="Vision Corporation",
    )
    for name, (first_name, last_name) in AGENTS.items():
        _user(name, passwords[name], roles=(CHAT_AGENT,), first_name=first_name, last_name=last_name)
    _user(ADMINISTRATOR, passwords[ADMINISTRATOR], is_staff=True, is_superuser=True)


def _user(name: str, password: str, *, roles: tuple[str, ...] = (), **fields: Any) -> None:
    user = User.objects.filter(username=name).first()
    if user is None:
        user = User.objects.create_user(name, password, is_demonstration=True, **fields)
        user.groups.set(Group.objects.filter(name__in=roles))
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password", "sign_in_stamp"])
