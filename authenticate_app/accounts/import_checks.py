"""Comparing the rows of a file with each other, with the database and with what the importing user may grant."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from authenticate_app.accounts.credentials import MAXIMUM_PASSWORD
from authenticate_app.accounts.import_file import Fault, Row
from authenticate_app.accounts.models import NAME_TAKEN, LoginName, User
from authenticate_app.accounts.names import has_control_character
from authenticate_app.accounts.rules import grantable_roles

KEYS_AT_ONCE = 5_000
"""Names asked for in one query; PostgreSQL takes 65,535 parameters at most."""


def faults_of(rows: Sequence[Row], *, actor: User | None, roles: Mapping[str, Group]) -> Iterator[Fault]:
    """Find what else keeps the rows from being stored. ``roles``: all there are, by name."""
    yield from _repeated_names(rows)
    yield from _taken_names(rows)
    yield from _role_faults(rows, actor, roles)
    for row in rows:
        if row.password:
            yield from _password_faults(row)


def _names(row: Row) -> dict[str, str]:
    """Compared form to column; a user whose name is their address has one name."""
    names = {row.user.email_key: "email", row.user.username_key: "username"}
    names.pop("", None)
    return names


def _repeated_names(rows: Sequence[Row]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for row in rows:
        for key, column in _names(row).items():
            if key in first:
                sentence = _("Line %(line)d has this name already, as user name or as e-mail address.")
                yield Fault(row.line, column, sentence % {"line": first[key]})
            else:
                first[key] = row.line


def _taken_names(rows: Sequence[Row]) -> Iterator[Fault]:
    taken = _taken([key for row in rows for key in _names(row)])
    for row in rows:
        for key, column in _names(row).items():
            if key in taken:
                yield Fault(row.line, column, str(NAME_TAKEN))


def _taken(keys: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    keys = [key for key in keys if "\0" not in key]  # PostgreSQL would refuse the query
    for start in range(0, len(keys), KEYS_AT_ONCE):
        found = LoginName.objects.filter(key__in=keys[start : start + KEYS_AT_ONCE])
        taken.update(found.values_list("key", flat=True))
    return taken


def _role_faults(rows: Sequence[Row], actor: User | None, roles: Mapping[str, Group]) -> Iterator[Fault]:
    grantable = {role.name for role in grantable_roles(actor, roles.values())}
    for row in rows:
        for name in row.roles:
            if name not in roles:
                yield Fault(row.line, "roles", _unknown_role(name, roles))
            elif name not in grantable:
                sentence = _("You do not hold the role %(name)s and so cannot give it.") % {"name": name}
                yield Fault(row.line, "roles", sentence)


def _unknown_role(name: str, roles: Mapping[str, Group]) -> str:
    close = difflib.get_close_matches(name, roles, n=1)
    if close:
        return _("There is no role “%(name)s”; perhaps you mean %(close)s.") % {"name": name, "close": close[0]}
    return _("There is no role “%(name)s”.") % {"name": name}


def _password_faults(row: Row) -> Iterator[Fault]:
    if len(row.password) > MAXIMUM_PASSWORD or has_control_character(row.password):
        sentence = _("The password should have at most %(most)d characters, and no control character such as a tab.")
        yield Fault(row.line, "password", sentence % {"most": MAXIMUM_PASSWORD})
        return
    try:
        validate_password(row.password, row.user)
    except ValidationError as error:
        for sentence in error.messages:
            yield Fault(row.line, "password", sentence)
