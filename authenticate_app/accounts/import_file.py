"""Reading a CSV file of users: every fault with its line, before anything is stored."""

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from authenticate_app.accounts.import_columns import BY_NAME, COLUMNS, REQUIRED, CellFault
from authenticate_app.accounts.models import User

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes; about 100,000 users."""
MOST_ROWS = 100_000
USER_FIELDS = tuple(column.name for column in COLUMNS if column.name not in {"roles", "password"})
CHECKED_TOGETHER = ("username_key", "email_key")
"""Names are compared with all others at once (``import_checks``), not one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence, and where: the line, counted from 1, and the column; "" for the whole line."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        where = _("Line %(line)d") % {"line": self.line}
        return f"{where}, {self.column}: {self.sentence}" if self.column else f"{where}: {self.sentence}"


class ImportRefused(Exception):
    """Nothing was stored; ``faults`` says all that is wrong with the file, by line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class Row:
    """One user of the file, not stored yet, with the names of the roles and the password in the clear."""

    line: int
    user: User
    roles: tuple[str, ...]
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds: its rows as far as they can be read, and what is wrong with them so far."""

    rows: list[Row]
    faults: list[Fault]


def read(raw_file: bytes) -> Reading:
    """Read the rows of a file: UTF-8, separated by comma or semicolon, the first line names the columns.

    Raises:
        ImportRefused: the file as a whole cannot be read; there are no rows.
    """
    lines = _lines(_decode(raw_file))
    header = _header(lines)
    reading = Reading([], [])
    for line, cells in lines:
        if len(reading.rows) >= MOST_ROWS:
            _refuse(line, _("The file has more than %(most)d users; split it.") % {"most": MOST_ROWS})
        _read_row(reading, line, header, cells)
    return reading


def _decode(raw_file: bytes) -> str:
    if len(raw_file) > LARGEST_FILE:
        _refuse(1, _("The file is larger than %(most)d MB; split it.") % {"most": LARGEST_FILE // 1024**2})
    try:
        return raw_file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw_file.count(b"\n", 0, error.start) + 1
        _refuse(line, _("The file is not UTF-8 here; save it as “CSV UTF-8”."))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, each with its number; quoted cells may go over several."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse(line, _("The line is not CSV: %(why)s.") % {"why": error})
        if any(cell.strip() for cell in cells):
            yield line, cells


def _delimiter(text: str) -> str:
    """The semicolon where the first line has no comma: spreadsheets of many countries write it."""
    first = text.partition("\n")[0]
    return ";" if ";" in first and "," not in first else ","


def _header(lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    line, cells = next(lines, (1, []))
    names = [cell.strip().lower() for cell in cells]
    faults = [Fault(line, name, _unknown_column(name)) for name in names if name not in BY_NAME]
    faults += [Fault(line, name, _("The column is there twice.")) for name in {*names} if names.count(name) > 1]
    if REQUIRED not in names:
        faults.append(Fault(line, REQUIRED, _("The column is missing; the first line names the columns.")))
    if faults:
        raise ImportRefused(faults)
    return names


def _unknown_column(name: str) -> str:
    close = difflib.get_close_matches(name, BY_NAME, n=1)
    if close:
        return _("There is no such column; perhaps you mean %(close)s.") % {"close": close[0]}
    return _("There is no such column; there are: %(names)s.") % {"names": ", ".join(BY_NAME)}


def _read_row(reading: Reading, line: int, header: list[str], cells: list[str]) -> None:
    if len(cells) != len(header):
        counts = {"found": len(cells), "right": len(header)}
        sentence = _("The line has %(found)d cells; it should have %(right)d, as the first line.") % counts
        reading.faults.append(Fault(line, "", sentence))
        return
    values, faults = _values(line, dict(zip(header, cells, strict=True)))
    user = User(**{name: values[name] for name in USER_FIELDS})
    faults += _user_faults(line, user, known={fault.column for fault in faults})
    reading.faults.extend(faults)
    reading.rows.append(Row(line, user, values["roles"], values["password"]))


def _values(line: int, cells: dict[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for column in COLUMNS:
        cell = cells.get(column.name, "")
        text = cell if column.is_verbatim else cell.strip()
        values[column.name] = column.default
        try:
            values[column.name] = column.read(text) if text else column.default
        except CellFault as fault:
            faults.append(Fault(line, column.name, str(fault.sentence) % {"text": text}))
    return values, faults


def _user_faults(line: int, user: User, *, known: set[str]) -> list[Fault]:
    """What the model itself refuses, but for names that others have."""
    try:
        user.set_name_keys()
        user.check_fields(exclude={*CHECKED_TOGETHER, "password", *known})
    except ValidationError as error:
        return [Fault(line, column, sentence) for column, found in error.message_dict.items() for sentence in found]
    return []


def _refuse(line: int, sentence: str) -> NoReturn:
    raise ImportRefused([Fault(line, "", sentence)])
