"""Statements by libpq's own call: values, transactions, and what becomes of failures."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

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


def test_a_pooler_in_between_is_given_nothing_to_remember(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    own = Statement("unremembered", "SELECT %(number)s", {"number": "bigint"})
    for number in range(10):
        assert own.row((number,)) == (str(number).encode(),)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'unremembered'")
        assert cursor.fetchone() == (0,)


def test_a_transaction_that_is_to_be_rolled_back_takes_no_more() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            ECHO.row((1, "x", True))


def test_the_transaction_has_the_isolation_that_the_connection_wants() -> None:
    level = Statement("level", "SELECT current_setting('transaction_isolation')", {})
    connection.ensure_connection()
    connection.connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    try:
        with transaction.atomic():
            assert level.row(()) == (b"serializable",)
    finally:
        connection.connection.isolation_level = None


@pytest.mark.parametrize("in_transaction", [False, True])
def test_what_takes_too_long_ends(*, in_transaction: bool) -> None:
    sleep = Statement("sleep", "SELECT pg_sleep(%(seconds)s)", {"seconds": "float"})
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20ms'")
    block = transaction.atomic() if in_transaction else nullcontext()
    with pytest.raises(OperationalError, match="statement timeout"), block:
        sleep.row((60,))
    assert ECHO.row((1, "x", True))
    connection.close()


def test_each_thread_prepares_it_on_a_connection_of_its_own() -> None:
    def run(number: int) -> list[object]:
        try:
            return [ECHO.row((number, "x", True)) for _ in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, range(8)))
    assert found == [[(str(number + 1).encode(), b"x", b"%")] * 5 for number in range(8)]


def test_a_connection_that_broke_is_said_to_have_and_replaced() -> None:
    assert ECHO.row((1, "x", True))
    terminate_own()
    with pytest.raises(OperationalError):
        ECHO.row((1, "x", True))
    connection.close_if_unusable_or_obsolete()
    assert ECHO.row((1, "x", True))


def test_where_connections_are_looked_at_first_a_broken_one_is_not_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ECHO.row((1, "x", True))
    monkeypatch.setattr(connection, "health_check_enabled", True)
    monkeypatch.setattr(connection, "health_check_done", False)
    terminate_own()
    assert ECHO.row((1, "x", True))


def terminate_own() -> None:
    """End this thread's connection, as a database does that goes away."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
