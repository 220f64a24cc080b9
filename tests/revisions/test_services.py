import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection, transaction

from authenticate_app.revisions.models import Revision
from authenticate_app.revisions.selectors import revision_of
from authenticate_app.revisions.services import lock_topic
from tests.waiting import wait_until


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_locked_topic_keeps_others_waiting() -> None:
    entered: list[str] = []

    def second() -> None:
        with transaction.atomic():
            lock_topic("keys")
            entered.append("second")
        connection.close()

    rival = threading.Thread(target=second)
    with transaction.atomic():
        lock_topic("keys")
        rival.start()
        wait_until(waiting_for_locks)
        entered.append("first")
    rival.join()

    assert entered == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_a_topic_without_a_row_gets_one() -> None:
    Revision.objects.filter(topic="keys").delete()

    with transaction.atomic():
        lock_topic("keys")

    assert revision_of("keys") == 0


@pytest.mark.django_db
def test_a_topic_that_nobody_knows_has_the_revision_0() -> None:
    assert revision_of("nothing") == 0


@pytest.mark.django_db
def test_every_statement_raises_the_revision_and_no_value_comes_twice() -> None:
    seen = [revision_of("roles")]
    group = Group.objects.create(name="agents")
    seen.append(revision_of("roles"))
    group.permissions.add(Permission.objects.all()[0])
    seen.append(revision_of("roles"))
    Group.objects.all().delete()
    seen.append(revision_of("roles"))

    assert seen == sorted(set(seen))


@pytest.mark.django_db(transaction=True)
def test_emptying_all_tables_raises_revisions_too() -> None:
    Group.objects.create(name="agents")
    before = revision_of("roles")

    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True, reset_sequences=False)

    assert revision_of("roles") > before
