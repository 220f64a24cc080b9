"""Whether this process lives, and whether it can work, for those who watch over it."""

from django.db import Error as DatabaseFailure
from django.db import connection

from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import Refused
from chat_app.engagement.http.answers import ALWAYS, Written
from chat_app.engagement.http.wire import write

LIVES, READY = "/healthz", "/readyz"
PATHS = frozenset({LIVES, READY})
NO_DATABASE = "The database cannot be reached."
NO_EARS = "Nobody would tell this process of new messages: it is not connected for notifications."
STOPPING = "This process is about to stop."


async def answer(path: str, engine: Engine) -> Written:
    """Answer 200, or 503 with every reason."""
    reasons = [] if path == LIVES else await _reasons(engine)
    status = (
        {"status": "unavailable", "reasons": reasons} if reasons else {"status": "alive" if path == LIVES else "ready"}
    )
    body = write(status)
    return Written(503 if reasons else 200, [*ALWAYS, (b"content-length", str(len(body)).encode())], body)


async def _reasons(engine: Engine) -> list[str]:
    reasons = [STOPPING] if engine.polls.is_closed else []
    if not engine.ears.are_open.is_set():
        reasons.append(NO_EARS)
    try:
        await engine.run(_ask_database)
    except (DatabaseFailure, Refused):
        reasons.append(NO_DATABASE)
    return reasons


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
