"""How calls of the chat server can fail, as data (docs/chat-server.md, "Errors").

Clients get English sentences: programs read them, and those who write programs.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A kind of refusal. ``code``, the ``errorCode`` of the answer, never changes; ``status`` is that of HTTP."""

    code: str
    status: int
    title: str
    detail: str


class Refused(Exception):
    """A call is refused; nothing was changed, except that a token may be used up.

    ``reason``: for the audit log and the counters, from a fixed vocabulary; never for the client. ``detail``: instead
    of the sentence of the error, where another one helps more.
    """

    def __init__(self, error: ErrorCode, *, reason: str = "", detail: str = "") -> None:
        super().__init__(error.code)
        self.error = error
        self.reason = reason or error.code.lower()
        self.detail = detail or error.detail


TOKEN_REFUSED = ErrorCode(
    "TOKEN_REFUSED",
    403,
    "The token is not accepted",
    "Get a new token from chatAuthenticate and send it once, in the header Authorization, after the word Bearer.",
)
CHAT_DISABLED = ErrorCode("CHAT_DISABLED", 409, "Chat is turned off", "The chat is turned off for this customer.")
OUT_OF_HOURS = ErrorCode(
    "OUT_OF_HOURS", 409, "Nobody is there now", "The chat is closed now. Come back during the hours of service."
)
ENGAGEMENT_CONCLUDED = ErrorCode(
    "ENGAGEMENT_CONCLUDED", 409, "The conversation has ended", "This engagement is concluded; begin a new one."
)
NO_QUEUE = ErrorCode(
    "NO_QUEUE", 503, "No queue can take the chat", "The interface has no queue that takes chats. Try again later."
)
BUSY = ErrorCode("BUSY", 503, "Too much happens at once", "The request met others again and again. Try again.")
SESSION_UNKNOWN = ErrorCode(
    "SESSION_UNKNOWN", 403, "The session id is not known", "The session id is unknown or void. Request an engagement."
)
NOT_FOUND = ErrorCode(
    "NOT_FOUND", 404, "There is nothing here", "The address is not one of this server, or names a site that is none."
)
NOT_SUPPORTED = ErrorCode(
    "NOT_SUPPORTED", 501, "Not supported", "This server has no such operation, or not with this method of HTTP."
)
TOO_LATE = ErrorCode("TOO_LATE", 408, "It took too long", "The request could not be worked on in time. Try again.")
TOO_MANY = ErrorCode("TOO_MANY", 503, "Too many requests", "This client asks too often. Wait a moment.")
UNAVAILABLE = ErrorCode("UNAVAILABLE", 503, "Not available now", "The server cannot work now. Try again in a moment.")

# The agent API has five codes, which the vendor documents; the sentence tells the cases apart.

ACCESS_DENIED = ErrorCode("ACCESS_DENIED", 403, "Access denied", "You may not do this.")
BAD_REQUEST = ErrorCode("BAD_REQUEST", 400, "Bad request", "The body of the request is not a JSON object.")
INVALID_FIELD = ErrorCode("INVALID_FIELD", 400, "Invalid field", "A field of the request is not as it should be.")
CONFLICT = ErrorCode("CONFLICT", 409, "Not possible now", "This cannot be done as things stand now.")
INTERNAL_SERVER_ERROR = ErrorCode(
    "INTERNAL_SERVER_ERROR", 500, "Something went wrong", "The server could not do this. Try again."
)

OF_AGENTS = (ACCESS_DENIED, BAD_REQUEST, INVALID_FIELD, CONFLICT, INTERNAL_SERVER_ERROR)
OF_THE_SERVER = (SESSION_UNKNOWN, NOT_FOUND, NOT_SUPPORTED, TOO_LATE, TOO_MANY, UNAVAILABLE)
ALL = (TOKEN_REFUSED, CHAT_DISABLED, OUT_OF_HOURS, ENGAGEMENT_CONCLUDED, NO_QUEUE, BUSY, *OF_THE_SERVER, *OF_AGENTS)
