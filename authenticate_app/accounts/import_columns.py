"""The columns of a CSV file of users, and how each cell is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.names import has_control_character

ROLE_SEPARATOR = "|"
YES = frozenset({"yes", "true", "1"})
NO = frozenset({"no", "false", "0"})
SMALLEST_ID, LARGEST_ID = -(2**63), 2**63 - 1
MOST_DIGITS = len(str(LARGEST_ID))


class CellFault(Exception):
    """A cell cannot be read; ``sentence`` says what would be right, and shows the cell as ``%(text)s``."""

    def __init__(self, sentence: Promise) -> None:
        super().__init__()
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the first line, what an administrator reads about it, and how a cell is read."""

    name: str
    description: Promise
    read: Callable[[str], Any]
    default: Any = ""
    """What an empty cell stands for."""
    is_verbatim: bool = False
    """Whether blanks around the text belong to it."""


def _text(cell: str) -> str:
    if has_control_character(cell):
        raise CellFault(_("“%(text)s” should hold no control character, such as a tab or a line break."))
    return cell


def _password(cell: str) -> str:
    return cell  # judged by itself, since no fault may show it


def _yes_or_no(cell: str) -> bool:
    if cell.casefold() in YES:
        return True
    if cell.casefold() in NO:
        return False
    raise CellFault(_("“%(text)s” should be yes or no."))


def _id(cell: str) -> int:
    digits = cell.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS
    if not (is_number and SMALLEST_ID <= int(cell) <= LARGEST_ID):
        raise CellFault(_("“%(text)s” should be a whole number of at most 64 bits."))
    return int(cell)


def _roles(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in cell.split(ROLE_SEPARATOR) if name.strip()))


COLUMNS = (
    Column("username", _("The user name; required."), _text),
    Column("email", _("The e-mail address."), _text),
    Column("email_verified", _("Whether the address is known to be the user's: yes or no (no)."), _yes_or_no, False),
    Column("first_name", _("The first name."), _text),
    Column("last_name", _("The last name."), _text),
    Column("contact_party_id", _("The contact's party id, a whole number."), _id, None),
    Column("organization_party_id", _("The organization's party id, a whole number."), _id, None),
    Column("organization_name", _("The organization."), _text),
    Column("is_active", _("Whether the user may sign in: yes or no (yes)."), _yes_or_no, True),
    Column("roles", _("Names of roles, separated by |."), _roles, ()),
    Column(
        "password", _("The password; nobody can sign in by password where it is empty."), _password, is_verbatim=True
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}
REQUIRED = "username"
