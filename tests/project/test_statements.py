"""Statements by libpq's own call: values, transactions, and what becomes of failures."""

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from authenticate_app.statements import Statement

pytestmark = pytest.mark.django_db(transaction=True)

ECHO = Statement(
    "echo",
    "SELECT %(number)s + 1, %(text)s, '%%' WHERE %(wanted)s",
    {"number": "bigint", "text": "text", "wanted": "boolean"},
)


def test_values_come_back_as_text() -> None:
    assert ECHO.row((1, "ü%", True)) == (b"2", "ü%".encode(), b"%")
    assert ECHO.row((None, None, True)) == (None, None, b"%")


def test_no_row() -> None:
    assert ECHO.row((1, "x", False)) is None


def test_it_counts_as_a_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        ECHO.row((1, "x", True))


@pytest.mark.parametrize("values", [(1, "a\0b", True), ("one", "x", True)])
def test_values_that_cannot_be(values: tuple[object, ...]) -> None:
    with pytest.raises(DataError):
        ECHO.row(values)
    assert ECHO.row((1, "x", True))


def test_it_belongs_to_the_transaction_of_a_block() -> None:
    write = Statement("note", "CREATE TABLE noted ()", {})
    with transaction.atomic():
        write.row(())
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('noted')")
        assert cursor.fetchone() == (None,)


def test_it_is_prepared_again_once_psycopg_has_let_go_of_all() -> None:
    assert ECHO.row((1, "x", True))
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert ECHO.row((1, "x", True))


def test_a_connection_that_broke_is_said_to_have_and_replaced() -> None:
    assert ECHO.row((1, "x", True))
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    with pytest.raises(OperationalError):
        ECHO.row((1, "x", True))
    connection.close_if_unusable_or_obsolete()
    assert ECHO.row((1, "x", True))
