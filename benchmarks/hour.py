"""An hour of tokens in a few minutes, by a moved clock: do tables and answers stay as they are while old ones leave?

``python -m benchmarks.hour`` runs inside of an installation and writes what it saw as JSON. It issues access tokens by
the server's own code, each durably stored, as if a minute passed for every slice of them. Each minute begins with a
purge, during which it goes on issuing. Meanwhile a server asks nothing of this program and answers over HTTP as ever
(``benchmarks.asking``).
"""

import argparse
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

MINUTES = 60
SETTLED_AFTER = 15
"""Minutes: ten until the first tokens expire, and some until what they leave behind is used again."""
Span = tuple[float, float]
"""Begin and end, in seconds."""
AT_ONCE = 4
"""Threads that issue: as many as two workers have."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What was seen. Sizes in bytes, one for each minute once all has settled; p99 in milliseconds."""

    issued: int
    purged: int
    sizes: list[int]
    p99_while_purging: float
    p99_otherwise: float
    purges: list[Span]
    """When each began and ended, by ``time.monotonic``, which all processes share."""

    @property
    def deviation(self) -> float:
        """The largest difference from the middle size, as a share of it."""
        middle = median(self.sizes)
        return max(abs(size - middle) for size in self.sizes) / middle


def p99(spans: Sequence[Span], purges: Sequence[Span], *, while_purging: bool) -> float:
    """Milliseconds within which 99 of 100 ended, of those that met a purge, or that met none; 0 if there were none."""
    begins = [begin for begin, _end in purges]
    taken = sorted(
        end - begin for begin, end in spans if _meets(begin, purges[: bisect_left(begins, end)]) is while_purging
    )
    return taken[len(taken) * 99 // 100] * 1000 if taken else 0.0


def _meets(begin: float, purges_begun: Sequence[Span]) -> bool:
    return bool(purges_begun) and begin < purges_begun[-1][1]


def simulate(*, per_minute: int) -> Hour:
    """Let an hour pass in which so many tokens are issued each minute."""
    from authenticate_app.oauth.purge import purge_access_tokens

    began, issues, purges, sizes, purged = datetime.now(UTC), list[Span](), list[Span](), list[int](), 0
    with _issuers() as issuers:
        for minute in range(MINUTES):
            now = began + timedelta(minutes=minute)
            slices = [issuer.submit(_issue, per_minute // AT_ONCE, now) for issuer in issuers]
            begin = time.monotonic()
            purged += purge_access_tokens(now)
            purges.append((begin, time.monotonic()))
            for issued in slices:
                issues.extend(issued.result())
            sizes.append(_size())
    return Hour(
        issued=len(issues),
        purged=purged,
        sizes=sizes[SETTLED_AFTER:],
        p99_while_purging=p99(issues, purges, while_purging=True),
        p99_otherwise=p99(issues, purges, while_purging=False),
        purges=purges,
    )


@contextmanager
def _issuers() -> Iterator[list[Executor]]:
    """Threads that issue, each with a connection that it keeps, as a worker's: no minute begins with connecting."""
    with ExitStack() as stack:
        issuers: list[Executor] = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(AT_ONCE)]
        for issuer in issuers:
            stack.callback(issuer.submit, _disconnect)
            issuer.submit(_connect).result()
        yield issuers


def _connect() -> None:
    from django.db import connection

    connection.ensure_connection()


def _disconnect() -> None:
    from django.db import connection

    connection.close()


def _issue(number: int, minute: datetime) -> list[Span]:
    """Issue tokens, spread over the minute; return when each began and ended."""
    return list(pairwise(_issued(number, minute)))


def _issued(number: int, minute: datetime) -> Iterator[float]:
    from authenticate_app.accounts.sign_in import Origin
    from authenticate_app.oauth.clients import find_client
    from authenticate_app.oauth.context import Context
    from authenticate_app.oauth.own_tokens import store_own_token
    from authenticate_app.oauth.secrets import new_token
    from benchmarks.dataset import INTEGRATION

    client = find_client(INTEGRATION)
    if client is None:
        raise LookupError(f"There is no client {INTEGRATION} in this database.")
    yield time.monotonic()
    for place in range(number):
        now = minute + timedelta(minutes=1) * place / number
        store_own_token(
            token=new_token(), client=client, scopes=["chat.authenticate"], context=Context(Origin(""), now)
        )
        yield time.monotonic()


def _size() -> int:
    """The table with its indexes, in bytes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('authenticate_app_accesstoken')")
        return int(cursor.fetchone()[0])


def read(written: str) -> Hour:
    """Read what the program wrote, as its last line."""
    seen = json.loads(written.strip().splitlines()[-1])
    return Hour(**{**seen, "purges": [(begin, end) for begin, end in seen["purges"]]})


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    import django

    parser = argparse.ArgumentParser(prog="benchmarks.hour")
    parser.add_argument("--per-minute", type=int, required=True)
    options = parser.parse_args(arguments)
    django.setup()
    print(json.dumps(asdict(simulate(per_minute=options.per_minute))))


if __name__ == "__main__":
    main(sys.argv[1:])
