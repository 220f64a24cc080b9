"""``python -m benchmarks.entering_data store N|verify``: chat tokens, and what verifying them costs by itself.

``store`` writes the sessions and tokens of N customers and says the tokens, one a line. ``verify`` reads tokens, one a
line, and does for each what cannot be spared: it verifies the token and inserts a row, durably. It says when it is
about to begin, waits for a line, and says in the end how many seconds of a processor that took.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta

import django

LIFETIME = timedelta(hours=1)
BATCH = 5_000
WARM_UP = 100


def store(number: int) -> None:
    """Store tokens of as many customers, each with a session of their own, and write them out."""
    from authenticate_app.keys.keyring import keyring
    from authenticate_app.keys.tokens import sign
    from authenticate_app.time_ordered import new_time_ordered_id
    from chat_app.sessions.models import ChatSession, ChatToken

    now = datetime.now(UTC).replace(microsecond=0)
    interface_id, queue_id, audience = _front()
    key = keyring.check().value.signing_key(now)
    assert key is not None  # noqa: S101 - for the type checker: the data set has one
    names = [f"{now:%H%M%S}-{place}@example.com" for place in range(number)]
    sessions = ChatSession.objects.bulk_create(
        [
            ChatSession(
                caller_id=1,
                auth_user_name=name,
                interface_id=interface_id,
                queue_id=queue_id,
                request={"authUserName": name, "firstName": "Jane", "question": "Where is my order?"},
                client_address="192.0.2.1",
                created_at=now,
                token_expires_at=now + LIFETIME,
            )
            for name in names
        ],
        BATCH,
    )
    ids = [new_time_ordered_id(at=now) for _ in sessions]
    ChatToken.objects.bulk_create(
        [
            ChatToken(jti=jti, session=session, issued_at=now, expires_at=now + LIFETIME)
            for jti, session in zip(ids, sessions, strict=True)
        ],
        BATCH,
    )
    for jti, name in zip(ids, names, strict=True):
        claims = {
            "exp": int((now + LIFETIME).timestamp()),
            "sub": name,
            "aud": audience,
            "iss": "Fusion Apps",
            "prn": name,
            "iat": int(now.timestamp()),
            "jti": str(jti),
        }
        sys.stdout.write(sign(claims, key=key) + "\n")


def verify() -> None:
    """Verify and insert, one after the other."""
    from django.db import connection

    from chat_app.engagement.tokens import verify_chat_token
    from chat_app.routing.snapshot import routing

    interface = routing.check().value.default
    assert interface is not None  # noqa: S101 - as above
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS benchmark_row (id uuid PRIMARY KEY, name text, at timestamptz)")

    def one(unverified_token: str) -> None:
        now = datetime.now(UTC)
        token = verify_chat_token(unverified_token, interface=interface, now=now)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO benchmark_row VALUES (%s, %s, %s)", [token.jti, token.auth_user_name, now])

    tokens = sys.stdin.readline().split()
    for token in tokens[:WARM_UP]:
        one(token)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.process_time()
    for token in tokens[WARM_UP:]:
        one(token)
    sys.stdout.write(f"{time.process_time() - began}\n")


def _front() -> tuple[int, int, str]:
    from chat_app.routing.snapshot import routing

    known = routing.check().value
    assert known.default is not None  # noqa: S101 - as above
    queue_id = known.routes[known.default.id].default_queue_id
    assert queue_id is not None  # noqa: S101 - as above
    return known.default.id, queue_id, known.default.audience


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog=__spec__.name, description=__doc__)
    parser.add_argument("what", choices=("store", "verify"))
    parser.add_argument("number", type=int, nargs="?", default=0)
    options = parser.parse_args()
    django.setup()
    if options.what == "store":
        store(options.number)
    else:
        verify()


if __name__ == "__main__":
    main()
