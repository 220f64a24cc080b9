"""What the one statement promises: docs/chat-session.md."""

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.revisions.models import Revision
from authenticate_app.revisions.selectors import revision_of
from chat_app.routing.models import Interface
from chat_app.sessions.models import ChatSession, ChatToken
from chat_app.sessions.services import Basis, BasisChanged, NewSession, NewToken, StoredSession, store
from tests.waiting import wait_until

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIFETIME = timedelta(seconds=120)


def basis_of(caller: User) -> Basis:
    return Basis(
        caller_id=caller.pk,
        caller=User.objects.values_list("revision", flat=True).get(pk=caller.pk),
        roles=revision_of("roles"),
        keys=revision_of("keys"),
        routing=revision_of("routing"),
    )


def new_session(**changes: object) -> NewSession:
    session = NewSession(
        auth_user_name="John Smith",
        end_user_key="john smith",
        interface_id=1,
        queue_id=1,
        request='{"authUserName": "John Smith"}',
        client_address="192.0.2.1",
        resume=True,
    )
    return session._replace(**changes)  # type: ignore[arg-type]


def new_token(at: datetime = NOW) -> NewToken:
    return NewToken(jti=uuid.uuid4(), issued_at=at, expires_at=at + LIFETIME)


def ask(caller: User, *, at: datetime = NOW, **changes: object) -> StoredSession:
    return store(basis=basis_of(caller), session=new_session(**changes), token=new_token(at))


@pytest.fixture
def caller(db: None) -> User:
    return User.objects.create_user("caller")


def test_a_session_holds_what_was_asked_for(caller: User) -> None:
    token = new_token()
    stored = store(basis=basis_of(caller), session=new_session(queue_id=7), token=token)

    session = ChatSession.objects.get(pk=stored.id)
    assert stored == StoredSession(session.pk, ChatSession.State.AUTHENTICATED, 7, begun=True)
    assert (session.caller_id, session.end_user_id) == (caller.pk, None)
    assert (session.auth_user_name, session.interface_id, session.queue_id) == ("John Smith", 1, 7)
    assert session.request == {"authUserName": "John Smith"}
    assert session.client_address == "192.0.2.1"
    assert (session.created_at, session.token_expires_at) == (NOW, NOW + LIFETIME)
    issued = ChatToken.objects.get(jti=token.jti)
    assert (issued.session_id, issued.issued_at, issued.expires_at) == (session.pk, NOW, NOW + LIFETIME)
    assert issued.claimed_at is None


def test_it_is_one_query(caller: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    basis = basis_of(caller)
    with django_assert_num_queries(1):
        store(basis=basis, session=new_session(), token=new_token())


@pytest.mark.parametrize(
    ("account", "found"),
    [
        ({"username": "John Smith"}, True),
        ({"username": "john", "email": "JOHN smith", "email_verified": True}, True),
        ({"username": "john", "email": "john smith", "email_verified": False}, False),
    ],
)
def test_the_end_users_account_is_found_by_name_or_verified_address(
    caller: User, account: dict[str, object], found: bool
) -> None:
    end_user = User.objects.create_user(**account)  # type: ignore[arg-type]
    session = ChatSession.objects.get(pk=ask(caller).id)
    assert session.end_user_id == (end_user.pk if found else None)


def disable(caller: User) -> None:
    User.objects.filter(pk=caller.pk).update(is_active=False)


def change_password(caller: User) -> None:
    caller.set_password("another password")
    caller.save()


def take_role(caller: User) -> None:
    caller.groups.clear()


def give_role_to_another(caller: User) -> None:
    other = User.objects.create_user("other")
    caller.groups.through.objects.filter(user_id=caller.pk).update(user_id=other.pk)


def get_role_of_another(caller: User) -> None:
    other = User.objects.create_user("other")
    other.groups.add(Group.objects.get(name=ON_BEHALF_ROLE))
    caller.groups.through.objects.filter(user_id=other.pk).update(user_id=caller.pk)


def strip_role(caller: User) -> None:
    Group.objects.get(name=SELF_SERVICE_USER).permissions.clear()


def edit_interface(caller: User) -> None:
    Interface.objects.create(id=99, name="another", chat_site_name="another")


def delete_caller(caller: User) -> None:
    User.objects.filter(pk=caller.pk).delete()


def change_keys(caller: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE authenticate_app_signingkey SET revoked_at = now()")


@pytest.mark.parametrize(
    "change",
    [
        disable,
        change_password,
        take_role,
        give_role_to_another,
        get_role_of_another,
        strip_role,
        edit_interface,
        delete_caller,
        change_keys,
    ],
)
def test_nothing_is_stored_once_the_basis_has_changed(caller: User, change: Callable[[User], None]) -> None:
    caller.groups.add(Group.objects.get(name=SELF_SERVICE_USER))
    basis = basis_of(caller)
    change(caller)
    with pytest.raises(BasisChanged):
        store(basis=basis, session=new_session(), token=new_token())
    assert not ChatSession.objects.exists()
    assert not ChatToken.objects.exists()


def test_signing_in_is_no_change(caller: User) -> None:
    basis = basis_of(caller)
    User.objects.filter(pk=caller.pk).update(last_login=NOW)
    assert store(basis=basis, session=new_session(), token=new_token()).begun


def test_nothing_is_stored_while_a_topic_has_no_revision(caller: User) -> None:
    basis = basis_of(caller)
    Revision.objects.filter(topic="keys").delete()
    with pytest.raises(BasisChanged):
        store(basis=basis, session=new_session(), token=new_token())


def test_an_unused_session_is_resumed_and_takes_the_new_attributes(caller: User) -> None:
    first = ask(caller)
    later = NOW + timedelta(seconds=60)
    second = ask(caller, at=later, queue_id=2, request='{"question": "And now?"}', client_address="192.0.2.2")

    assert (second.id, second.begun, second.queue_id) == (first.id, False, 2)
    session = ChatSession.objects.get()
    assert (session.request, session.client_address) == ({"question": "And now?"}, "192.0.2.2")
    assert (session.created_at, session.token_expires_at) == (NOW, later + LIFETIME)
    assert ChatToken.objects.filter(session=session).count() == 2


@pytest.mark.parametrize("state", ["requested", "engaged"])
def test_a_running_session_is_resumed_and_keeps_its_own(caller: User, state: str) -> None:
    first = ask(caller)
    ChatSession.objects.update(state=state)
    second = ask(caller, at=NOW + timedelta(hours=1), queue_id=2, request='{"question": "And now?"}')

    assert (second.id, second.begun) == (first.id, False)
    assert (second.state, second.queue_id) == (ChatSession.State(state), 1)
    assert ChatSession.objects.get().request == {"authUserName": "John Smith"}


def test_an_expired_session_is_not_resumed(caller: User) -> None:
    first = ask(caller)
    second = ask(caller, at=NOW + LIFETIME)
    assert second.begun
    expired = ChatSession.objects.get(pk=first.id)
    assert expired.state_at(now=NOW + LIFETIME) == ChatSession.State.EXPIRED
    assert expired.state_at(now=NOW) == ChatSession.State.AUTHENTICATED


def test_a_concluded_session_is_not_resumed(caller: User) -> None:
    ask(caller)
    ChatSession.objects.update(state="concluded")
    assert ask(caller).begun


def test_without_resume_a_new_session_begins_and_is_the_one_to_come_back_to(caller: User) -> None:
    first = ask(caller)
    second = ask(caller, resume=False)
    third = ask(caller)
    assert second.begun
    assert second.id != first.id
    assert third.id == second.id


def test_nobody_elses_session_is_resumed(caller: User) -> None:
    other_caller = User.objects.create_user("other caller")
    sessions = {
        ask(caller).id,
        ask(other_caller).id,
        ask(caller, interface_id=2).id,
        ask(caller, auth_user_name="john smith").id,
    }
    assert len(sessions) == 4


def test_a_later_token_never_shortens_the_life_of_an_earlier_one(caller: User) -> None:
    ask(caller)
    ask(caller, at=NOW - timedelta(seconds=30))
    assert ChatSession.objects.get().token_expires_at == NOW + LIFETIME


@pytest.mark.parametrize("text", ["O'Brien; DROP TABLE x", "名前 🙂", "%s %(caller)s", "a\\b\n\t"])
def test_text_is_stored_as_it_came(caller: User, text: str) -> None:
    stored = ask(caller, auth_user_name=text, request=json.dumps({"question": text}))
    session = ChatSession.objects.get(pk=stored.id)
    assert (session.auth_user_name, session.request) == (text, {"question": text})


def ask_in_a_thread(caller: User, *, resume: bool, begin: threading.Barrier) -> StoredSession:
    """As a view does: again and again while rivals are faster."""
    try:
        begin.wait(timeout=30)
        while True:
            try:
                return ask(caller, resume=resume)
            except BasisChanged:
                continue
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("resume", "sessions"), [(True, 1), (False, 20)])
def test_the_same_user_at_once(resume: bool, sessions: int) -> None:
    caller = User.objects.create_user("caller")
    at_once = 20
    begin = threading.Barrier(at_once)
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(ask_in_a_thread, caller, resume=resume, begin=begin) for _ in range(at_once)]
        answers = [future.result(timeout=60) for future in futures]

    assert len({answer.id for answer in answers}) == sessions
    assert sum(answer.begun for answer in answers) == sessions
    assert ChatSession.objects.count() == sessions
    assert ChatSession.objects.filter(resumable=True).count() == 1
    assert ChatToken.objects.count() == at_once


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_session_that_is_concluded_meanwhile_is_not_resumed() -> None:
    caller = User.objects.create_user("caller")
    first = ask(caller)
    ChatSession.objects.update(state="engaged")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ChatSession.objects.update(state="concluded")
            asking = pool.submit(ask_in_a_thread, caller, resume=True, begin=threading.Barrier(1))
            wait_until(somebody_waits_for_us)
        second = asking.result(timeout=60)

    assert second.begun
    assert ChatToken.objects.filter(session=first.id).count() == 1
