from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.accounts import import_file
from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.import_file import ImportRefused, read
from authenticate_app.accounts.models import LoginName, User
from authenticate_app.accounts.users_import import import_users
from authenticate_app.audit.models import AuditEvent
from tests.accounts.conftest import PASSWORD

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STRONG = "a long and rare pass phrase"


def store(text: str, *, actor: User | None = None, most_passwords: int | None = None) -> int:
    return import_users(raw_file=text.encode(), actor=actor, now=NOW, most_passwords=most_passwords)


def faults(text: str | bytes, actor: User | None = None) -> list[str]:
    raw_file = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ImportRefused) as refused:
        import_users(raw_file=raw_file, actor=actor, now=NOW)
    listed = [str(fault) for fault in refused.value.faults]
    assert str(refused.value) == "\n".join(listed)
    return listed


@pytest.mark.django_db
def test_users_are_stored_with_everything() -> None:
    text = (
        "username,email,email_verified,first_name,last_name,contact_party_id,organization_party_id,"
        "organization_name,is_active,roles,password\n"
        f"jürgen,J@Vision.com,yes,Jürgen,Groß,12,-3,Vision,no,{SELF_SERVICE_USER} | {ON_BEHALF_ROLE},{STRONG}\n"
        "plain,,,,,,,,,,\n"
    )
    assert store(text) == 2
    user, plain = User.objects.order_by("id")
    assert (user.username_key, user.email_key, user.email_verified) == ("jürgen", "j@vision.com", True)
    assert (user.first_name, user.last_name, user.organization_name) == ("Jürgen", "Groß", "Vision")
    assert (user.contact_party_id, user.organization_party_id, user.is_active) == (12, -3, False)
    assert set(user.groups.values_list("name", flat=True)) == {SELF_SERVICE_USER, ON_BEHALF_ROLE}
    assert user.check_password(STRONG)
    assert plain.is_active
    assert not plain.has_usable_password()
    assert not plain.email_verified
    assert LoginName.objects.count() == 3


@pytest.mark.django_db
def test_an_import_is_audited_without_passwords(user: User) -> None:
    store(f"username,roles,password\na,{SELF_SERVICE_USER},{STRONG}\nb,,\n", actor=user)
    summary, a, _ = AuditEvent.objects.order_by("id")
    assert (summary.event, summary.actor_id, summary.changes) == ("users_imported", user.pk, {"users": [None, 2]})
    assert (a.event, a.object_name) == ("object_created", "a")
    assert a.changes == {"username": [None, "a"], "roles": [None, [SELF_SERVICE_USER]]}
    assert STRONG not in str(list(AuditEvent.objects.values()))


@pytest.mark.django_db
def test_all_faults_are_reported_by_line_and_nothing_is_stored(user: User) -> None:
    text = (
        "username,email,contact_party_id,email_verified,roles,password\n"
        "good,,,,,\n"
        "\n"
        ",x@vision.com,12.5,maybe,,\n"
        "DCSadmin1,,,,,\n"
        "another,Admin@vision.com,,,,\n"
        "GOOD,,,,,\n"
        "mail,good,,,ORA_SVC_CUSTOMER_SELF_SERVICE_USER,\n"
        "a:b,,99999999999999999999,,Nothing like it,\n"
        "few,cells\n"
        "weak,,,,,short\n"
    )
    assert faults(text) == [
        "Line 4, email_verified: “maybe” should be yes or no.",
        "Line 4, contact_party_id: “12.5” should be a whole number of at most 64 bits.",
        "Line 4, username: This field cannot be blank.",
        "Line 5, username: Another user has this name already, as user name or as e-mail address.",
        "Line 6, email: Another user has this name already, as user name or as e-mail address.",
        "Line 7, username: Line 2 has this name already, as user name or as e-mail address.",
        "Line 8, email: Line 2 has this name already, as user name or as e-mail address.",
        "Line 8, roles: There is no role “ORA_SVC_CUSTOMER_SELF_SERVICE_USER”; perhaps you mean"
        " ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT.",
        "Line 9, contact_party_id: “99999999999999999999” should be a whole number of at most 64 bits.",
        "Line 9, username: The name holds a colon; it should hold none, since a colon ends the name in"
        " Basic authentication.",
        "Line 9, roles: There is no role “Nothing like it”.",
        "Line 10: The line has 2 cells; it should have 6, as the first line.",
        "Line 11, password: This password is too short. It must contain at least 12 characters.",
    ]
    assert User.objects.get() == user
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("cell", ["9223372036854775807", "-9223372036854775808", "0", "-7"])
def test_a_party_id_is_any_number_of_64_bits(cell: str) -> None:
    (row,) = read(f"username,contact_party_id\na,{cell}\n".encode()).rows
    assert row.user.contact_party_id == int(cell)


@pytest.mark.parametrize("cell", ["9223372036854775808", "-9223372036854775809", "0" * 5000, "٣", "--1", "-"])
def test_whatever_else_stands_for_a_party_id_is_a_fault(cell: str) -> None:
    assert [fault.column for fault in read(f"username,contact_party_id\na,{cell}\n".encode()).faults] == [
        "contact_party_id"
    ]


@pytest.mark.django_db
def test_a_users_name_may_be_their_own_address() -> None:
    assert store("username,email\na@vision.com,A@vision.com\n") == 1


@pytest.mark.django_db
def test_only_held_roles_are_given(user: User) -> None:
    assert store(f"username,roles\na,{SELF_SERVICE_USER}\n", actor=user) == 1
    assert faults(f"username,roles\nb,{ON_BEHALF_ROLE}\n", actor=user) == [
        f"Line 2, roles: You do not hold the role {ON_BEHALF_ROLE} and so cannot give it."
    ]


@pytest.mark.django_db
def test_a_page_takes_few_passwords() -> None:
    with pytest.raises(ImportRefused, match="Line 3, password: More than 1 users have a password"):
        store(f"username,password\na,{STRONG}\nb,{STRONG}\n", most_passwords=1)


@pytest.mark.parametrize(
    ("raw_file", "fault"),
    [
        (b"", "Line 1, username: The column is missing; the first line names the columns."),
        (b"user_name\na\n", "Line 1, user_name: There is no such column; perhaps you mean username."),
        (b"username,username\n", "Line 1, username: The column is there twice."),
        (b"username\nj\xfcrgen\n", "Line 2: The file is not UTF-8 here; save it as “CSV UTF-8”."),
        (b'username\n"a\n', "Line 2: The line is not CSV: unexpected end of data."),
    ],
)
def test_a_file_that_cannot_be_read_says_where(raw_file: bytes, fault: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(raw_file)
    assert fault in map(str, refused.value.faults)


def test_spreadsheets_marks_semicolons_and_line_ends_are_understood() -> None:
    raw_file = '\ufeffUserName;first_name;password\r\na;"Ann";"two\r\nlines"\r\nb; Bob ;\r\n'.encode()
    reading = read(raw_file)
    assert [(row.line, row.user.first_name) for row in reading.rows] == [(2, "Ann"), (4, "Bob")]


def test_blanks_around_a_password_belong_to_it() -> None:
    assert read(b"username,password\n a , b \n").rows[0].password == " b "


@pytest.mark.parametrize(("bound", "value"), [("LARGEST_FILE", 5), ("MOST_ROWS", 1)])
def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    monkeypatch.setattr(import_file, bound, value)
    with pytest.raises(ImportRefused, match="split it"):
        read(b"username\na\nb\n")


@given(st.binary() | st.text().map(lambda text: f"username,email,roles\n{text}".encode(errors="replace")))
def test_no_file_does_any_harm(raw_file: bytes) -> None:
    with suppress(ImportRefused):
        assert read(raw_file).rows is not None


@pytest.mark.django_db
def test_a_name_that_the_database_would_choke_on_is_a_fault() -> None:
    assert faults("username,first_name\na\0b,\nc,d\0e\n") == [
        "Line 2, username: “a\0b” should hold no control character, such as a tab or a line break.",
        "Line 3, first_name: “d\0e” should hold no control character, such as a tab or a line break.",
    ]


@pytest.mark.django_db
def test_a_rival_who_was_faster_undoes_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authenticate_app.accounts.import_checks._taken", lambda keys: set())
    User.objects.create_user("a")
    assert "Meanwhile" in faults("username\nb\nA\n")[0]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_ten_thousand_rows_take_few_statements(django_assert_max_num_queries: object) -> None:
    role = Group.objects.get(name=SELF_SERVICE_USER)
    lines = "".join(f"user{number},user{number}@vision.com,{role.name}\n" for number in range(10_000))
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        assert store("username,email,roles\n" + lines) == 10_000
    assert role.user_set.count() == 10_000
    assert LoginName.objects.count() == 20_000


@pytest.mark.django_db
def test_the_command_imports_checks_and_explains(tmp_path: Path) -> None:
    path, out = tmp_path / "users.csv", StringIO()
    path.write_text(f"username,password\na,{STRONG}\n")
    call_command("import_users", str(path), "--check", stdout=out)
    assert not User.objects.exists()
    call_command("import_users", str(path), stdout=out)
    assert out.getvalue() == "1 users could be imported.\n1 users imported.\n"
    with pytest.raises(CommandError, match=r"Nothing was stored\.\nLine 2, username: Another user"):
        call_command("import_users", str(path))
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_users", str(tmp_path / "none.csv"))


@pytest.mark.django_db
def test_whoever_was_imported_can_sign_in() -> None:
    from django.contrib.auth import authenticate

    store(f"username,password\na,{STRONG}\n")
    assert authenticate(username="A", password=STRONG) == User.objects.get()
    assert authenticate(username="A", password=PASSWORD) is None
