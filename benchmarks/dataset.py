"""The data that the server is measured with. A program: ``python -m benchmarks.dataset base|grown ...``.

It runs in the environment of the server that it fills the database of (``benchmarks.stack.Installation``).
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import django

SERVICE_ACCOUNT = "benchmark"
NEWCOMERS = 40
"""Users who sign in for the first time while they are measured."""
SIGNERS = 2_000
"""Users who sign in by the form, each once for a worker."""
INTEGRATION, SIGNED_INTEGRATION = "benchmark-integration", "benchmark-signed-integration"
WEB_APPLICATION = "benchmark-web-application"
"""OAuth clients, by their ``client_id``."""
REDIRECT_URI = "https://www.example.com/callback"
SLICE = 500_000
"""Rows of one statement: few enough to show progress, many enough to cost nothing by themselves."""
LOADING = {"maintenance_work_mem": "512MB", "synchronous_commit": "off"}
TESTED_BY_TEXT = 20
"""One rule in so many looks into the text of the question, which no index helps with."""


def newcomer(number: int) -> str:
    """Return the name of one of the users who have never signed in."""
    return f"newcomer-{number}@example.com"


def signer(number: int) -> str:
    """Return the name of one of the users who sign in by the form."""
    return f"signer-{number}@example.com"


def base() -> None:
    """Store what the smallest installation has: a key, an interface, queues, three rules, and who calls."""
    from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE
    from authenticate_app.keys.services import ensure_signing_key
    from chat_app.routing import demonstration

    ensure_signing_key(now=datetime.now(UTC))
    demonstration.load({})
    _store_caller(SERVICE_ACCOUNT, ON_BEHALF_ROLE)
    for number in range(NEWCOMERS):
        _store_caller(newcomer(number))
    _store_signers()
    _store_clients()


def _store_caller(name: str, *further_roles: str) -> None:
    from django.contrib.auth.models import Group

    from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
    from authenticate_app.accounts.models import User

    user = User.objects.create_user(name, os.environ["BENCHMARK_PASSWORD"])
    user.groups.set(Group.objects.filter(name__in=(SELF_SERVICE_USER, *further_roles)))


def _store_signers() -> None:
    """All with one hash, which takes as long to compare with as any other."""
    from authenticate_app.accounts.models import User

    password_hash = User.objects.get(username=SERVICE_ACCOUNT).password
    users = [User(username=signer(number), password=password_hash) for number in range(SIGNERS)]
    for user in users:
        user.set_name_keys()
    User.objects.bulk_create(users)


def _store_clients() -> None:
    from authenticate_app.accounts.models import User
    from authenticate_app.oauth.models import Client
    from authenticate_app.oauth.purposes import Purpose
    from authenticate_app.oauth.secrets import checksum

    secret = {
        "client_type": Client.CLIENT_CONFIDENTIAL,
        "client_secret": checksum(os.environ["BENCHMARK_PASSWORD"]),
    }
    integration = {
        **secret,
        "purpose": Purpose.INTEGRATION,
        "authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS,
        "allowed_scopes": "chat.authenticate",
        "acting_user": User.objects.get(username=SERVICE_ACCOUNT),
    }
    Client.objects.create(client_id=INTEGRATION, **integration)
    Client.objects.create(
        client_id=SIGNED_INTEGRATION, **integration, signed_access_tokens=True, signed_because="It is measured."
    )
    Client.objects.create(
        client_id=WEB_APPLICATION,
        **secret,
        purpose=Purpose.WEB,
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE,
        redirect_uris=REDIRECT_URI,
        allowed_scopes="openid profile",
        is_trusted=True,
    )


def grown(*, sessions: int, users: int, rules: int) -> None:
    """Add so many rows as years of service leave; sessions are spread over the time that they are kept."""
    from django.conf import settings

    with _step(f"{users:,} users"):
        _run(_USERS, users)
    with _step(f"{rules:,} rules"):
        _store_rules(rules)
    with _without_indexes("chat_app_chatsession", "chat_app_chattoken"):
        for first in range(0, sessions, SLICE):
            with _step(f"{min(first + SLICE, sessions):,} of {sessions:,} sessions"):
                _store_sessions(first, min(SLICE, sessions - first), of=sessions)
        with _step("tokens, as long as they are kept"):
            _run(_TOKENS, datetime.now(UTC) - settings.TOKEN_RETENTION)
    with _step("statistics"):
        _run("VACUUM (FREEZE, ANALYZE)")
        _run("CHECKPOINT")


def _run(statement: str, *parameters: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name, value in LOADING.items():
            cursor.execute(f"SET {name} = '{value}'")
        cursor.execute(statement, parameters or None)


def _store_rules(count: int) -> None:
    """Store rules that none of the requests fulfils, so that no early one spares the others."""
    from chat_app.routing.models import AssignmentRule, Criterion

    rules = AssignmentRule.objects.bulk_create(
        AssignmentRule(interface_id=1, queue_id=2, rank=1000 + number, name=f"Rule {number}") for number in range(count)
    )
    Criterion.objects.bulk_create(
        Criterion(rule=rule, subject=subject, name=name, operator=operator, value=value)
        for number, rule in enumerate(rules)
        for subject, name, operator, value in _criteria(number)
    )


def _criteria(number: int) -> Iterator[tuple[str, str, str, str]]:
    if number % TESTED_BY_TEXT == 0:
        yield "attribute", "question", "contains", f"product {number}"
    else:
        yield "attribute", "stripeCode", "equals", f"APP{number}"
        yield "custom-field", "tier", "one-of", f"gold-{number}\nplatinum-{number}"


def _store_sessions(first: int, count: int, *, of: int) -> None:
    from django.conf import settings

    begins = datetime.now(UTC) - settings.SESSION_RETENTION
    apart = settings.SESSION_RETENTION / of
    _run(_SESSIONS, begins, apart, begins, apart, first + 1, first + count)


@contextmanager
def _without_indexes(*tables: str) -> Iterator[None]:
    """Put indexes aside, since making them anew takes less time than keeping them up row by row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
    for _name, drop, _create in indexes:
        _run(drop)
    yield
    for name, _drop, create in indexes:
        with _step(f"index {name}"):
            _run(create)


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"  {what}: {time.monotonic() - began:.1f} s", flush=True)


_USERS = """
WITH added AS (
    INSERT INTO authenticate_app_user (
        password, is_superuser, username, username_key, email, email_key, email_verified, first_name, last_name,
        organization_name, subject, is_staff, is_active, is_demonstration, date_joined, revision
    )
    SELECT (SELECT password FROM authenticate_app_user WHERE username = 'benchmark'), FALSE, name, name, name, name,
        TRUE, 'First', 'Last', '', gen_random_uuid(), FALSE, TRUE, FALSE, now(), 0
    FROM (SELECT 'customer-' || n || '@example.com' AS name FROM generate_series(1, %s) AS n) AS names
    RETURNING id
)
INSERT INTO authenticate_app_user_groups (user_id, group_id)
SELECT added.id, role.id FROM added, auth_group AS role WHERE role.name = 'ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT'
"""

# Names in no order, as they come in life, so that every part of their index is in use.
_SESSIONS = """
INSERT INTO chat_app_chatsession (
    caller_id, auth_user_name, interface_id, queue_id, state, resumable, request, client_address, created_at,
    token_expires_at
)
SELECT (SELECT id FROM authenticate_app_user WHERE username = 'benchmark'), name, 1, 1 + n %% 2,
    CASE n %% 10 WHEN 0 THEN 'authenticated' ELSE 'concluded' END, TRUE,
    jsonb_build_object(
        'clientType', 'CONSUMER', 'authUserName', name, 'emailAddress', name, 'firstName', 'John',
        'lastName', 'Smith', 'question', 'Where is my order?', 'queueId', '2', 'interfaceId', '1',
        'resumeType', 'RESUME', 'incidentName', 'SR' || n, 'incidentType', 'SVC_SERVICE_REQUESTS'
    ),
    '203.0.113.7', %s + n * %s, %s + n * %s + interval '120 seconds'
FROM (
    SELECT n, 'user-' || substr(md5(n::text), 1, 16) || '@example.com' AS name
    FROM generate_series(%s::bigint, %s::bigint) AS n
) AS numbered
"""

_TOKENS = """
INSERT INTO chat_app_chattoken (jti, session_id, issued_at, expires_at)
SELECT uuidv7(session.created_at - now()), session.id, session.created_at, session.token_expires_at
FROM chat_app_chatsession AS session
WHERE session.created_at > %s
"""

# Each with the statements that drop it and make it; the index of a unique constraint goes and comes with that.
_INDEXES = """
SELECT index.indexrelid::regclass::text,
    CASE WHEN rule.oid IS NULL THEN format('DROP INDEX %%s', index.indexrelid::regclass)
        ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I', index.indrelid::regclass, rule.conname) END,
    CASE WHEN rule.oid IS NULL THEN pg_get_indexdef(index.indexrelid)
        ELSE format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', index.indrelid::regclass, rule.conname,
            pg_get_constraintdef(rule.oid)) END
FROM pg_index AS index LEFT JOIN pg_constraint AS rule ON rule.conindid = index.indexrelid AND rule.contype = 'u'
WHERE index.indrelid::regclass::text = ANY(%s) AND NOT index.indisprimary
"""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.dataset", description="Fill the database of a benchmark.")
    parser.add_argument("what", choices=("base", "grown"))
    for name in ("sessions", "users", "rules"):
        parser.add_argument(f"--{name}", type=int, default=0)
    options = parser.parse_args()
    django.setup()
    if options.what == "base":
        base()
    else:
        grown(sessions=options.sessions, users=options.users, rules=options.rules)


if __name__ == "__main__":
    main()
