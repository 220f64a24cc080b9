"""A process of its own with the project in it, for tests: answers one line of JSON to each line that it reads."""

import json
import sys
from collections.abc import Callable

import django


def main() -> None:
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from authenticate_app.keys import services
    from authenticate_app.keys.keyring import keyring
    from authenticate_app.revisions.listener import listener

    def ensure() -> str:
        return services.ensure_signing_key(now=timezone.now()).kid

    def rotate() -> str:
        return services.rotate(now=timezone.now()).key.kid

    def signs() -> str | None:
        key = keyring.current().value.signing_key(timezone.now())
        return key.kid if key else None

    def published() -> list[str]:
        return [key["kid"] for key in keyring.current().value.key_set(timezone.now())["keys"]]

    def connected() -> bool:
        return listener.wait_until_connected(timeout=15)

    actions: dict[str, Callable[[], object]] = {
        action.__name__: action for action in (ensure, rotate, signs, published, connected)
    }
    for line in sys.stdin:
        queries: list[str] = []

        def count(execute: Callable[..., object], sql: str, *rest: object, found: list[str] = queries) -> object:
            found.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            answer = actions[line.strip()]()
        sys.stdout.write(json.dumps({"answer": answer, "queries": len(queries)}) + "\n")
        sys.stdout.flush()
    listener.stop()
    connection.close()


if __name__ == "__main__":
    main()
