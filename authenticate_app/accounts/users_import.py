"""Importing users from a CSV file: everything, or nothing and all the reasons."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from authenticate_app.accounts import passwords
from authenticate_app.accounts.import_checks import faults_of
from authenticate_app.accounts.import_file import Fault, ImportRefused, Row, read
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import event_of, record, record_all

ROWS_AT_ONCE = 1_000
MOST_PASSWORDS_OF_A_PAGE = 100
"""Hashing them takes some seconds; a request should not take longer. The command has no such limit."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


def no_progress(doing: str, done: int, total: int) -> None:
    """Tell nobody."""


def import_users(
    *,
    raw_file: bytes,
    actor: User | None,
    now: datetime,
    most_passwords: int | None = None,
    progress: Progress = no_progress,
) -> int:
    """Store the users of a CSV file in one transaction; answers how many. Columns: ``import_columns``.

    ``actor``: who imports, None at the command line. ``most_passwords``: how many rows may hold a password.

    Raises:
        ImportRefused: nothing was stored; it bears every fault with its line.
        SignInBusy: too many password hashes are being computed; nothing was stored.
    """
    rows, roles = check(raw_file=raw_file, actor=actor, most_passwords=most_passwords)
    _set_hashes(rows, progress)
    try:
        with transaction.atomic():
            _store(rows, roles, progress)
            _audit(rows, actor, now)
    except IntegrityError:
        sentence = _("Meanwhile somebody else took one of the names; import the file again to see which.")
        raise ImportRefused([Fault(1, "", sentence)]) from None
    return len(rows)


def check(
    *, raw_file: bytes, actor: User | None, most_passwords: int | None = None
) -> tuple[Sequence[Row], Mapping[str, Group]]:
    """Read a file and find every fault, without storing anything; answers its rows, and all roles by name.

    Raises:
        ImportRefused: it bears every fault with its line.
    """
    reading = read(raw_file)
    roles = {role.name: role for role in Group.objects.all()}
    faults = [*reading.faults, *faults_of(reading.rows, actor=actor, roles=roles)]
    faults += _too_many_passwords(reading.rows, most_passwords)
    if faults:
        raise ImportRefused(faults)
    return reading.rows, roles


def _too_many_passwords(rows: Sequence[Row], most: int | None) -> Iterator[Fault]:
    with_password = [row for row in rows if row.password]
    if most is not None and len(with_password) > most:
        sentence = _("More than %(most)d users have a password: import them with the command import_users.")
        yield Fault(with_password[most].line, "password", sentence % {"most": most})


def _set_hashes(rows: Sequence[Row], progress: Progress) -> None:
    with_password = [row for row in rows if row.password]
    for row in rows:
        row.user.set_unusable_password()
    for done, row in enumerate(with_password, start=1):
        row.user.password = passwords.make_hash(row.password)
        progress(_("Hashing passwords"), done, len(with_password))


def _store(rows: Sequence[Row], roles: Mapping[str, Group], progress: Progress) -> None:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        batch = rows[start : start + ROWS_AT_ONCE]
        User.objects.bulk_create(row.user for row in batch)
        _give_roles(batch, roles)
        progress(_("Storing users"), start + len(batch), len(rows))


def _give_roles(rows: Sequence[Row], roles: Mapping[str, Group]) -> None:
    holding = User.groups.through
    holding.objects.bulk_create(
        holding(user_id=row.user.pk, group_id=roles[name].pk) for row in rows for name in row.roles
    )


def _audit(rows: Sequence[Row], actor: User | None, now: datetime) -> None:
    actor_id, actor_name = (actor.pk, actor.get_username()) if actor else (None, "")
    imported = {"users": [None, len(rows)]}
    record(event=Event.USERS_IMPORTED, actor=actor_id, actor_name=actor_name, changes=imported, now=now)
    record_all(_creation(row, actor=actor_id, actor_name=actor_name, now=now) for row in rows)


def _creation(row: Row, *, actor: int | None, actor_name: str, now: datetime) -> AuditEvent:
    after = {"username": row.user.username, "email": row.user.email, "roles": sorted(row.roles)}
    changes = {name: [None, value] for name, value in after.items() if value}
    return event_of(
        event=Event.OBJECT_CREATED, actor=actor, actor_name=actor_name, target=row.user, changes=changes, now=now
    )
