"""The errors of the protocol itself: headers, media types, body, sign-in, service (docs/errors.md).

Messages say what is wrong, where, and what would be right.
"""

from django.utils.translation import gettext_noop

from chat_app.adf.errors import ErrorCode

FRAMEWORK_VERSION = ErrorCode(
    "CHAT-40001",
    400,
    gettext_noop(
        'The header REST-Framework-Version is "%(value)s". Send a whole number from 1 to 9, or leave the header out.'
    ),
)
EMPTY_BODY = ErrorCode("CHAT-40002", 400, gettext_noop("The request has no body. Send a JSON object."))
INCOMPLETE_BODY = ErrorCode(
    "CHAT-40003",
    400,
    gettext_noop("The body of the request did not arrive whole. Send the request again."),
)
NOT_UTF8 = ErrorCode(
    "CHAT-40004",
    400,
    gettext_noop(
        "The body is not valid UTF-8: byte %(position)s does not belong there. Send the JSON object in UTF-8."
    ),
)
BYTE_ORDER_MARK = ErrorCode(
    "CHAT-40005",
    400,
    gettext_noop("The body begins with a byte order mark. Send the JSON object in UTF-8 without one."),
)
NOT_JSON = ErrorCode(
    "CHAT-40006",
    400,
    gettext_noop(
        "The body is not valid JSON: it cannot be read from line %(line)s, column %(column)s on. Send a JSON object."
    ),
)
NOT_A_JSON_VALUE = ErrorCode(
    "CHAT-40013",
    400,
    gettext_noop("The body contains %(constant)s, which JSON does not know. Send null or a number instead."),
)
NOT_AN_OBJECT = ErrorCode(
    "CHAT-40007",
    400,
    gettext_noop("The body is valid JSON, but not an object. Send a JSON object: {…}."),
)
TOO_DEEP = ErrorCode(
    "CHAT-40008",
    400,
    gettext_noop("The body is nested too deeply. Send a JSON object that is not nested."),
)
REPEATED_NAME = ErrorCode(
    "CHAT-40009",
    400,
    gettext_noop("The name %(name)s occurs more than once in the same object. Send it once."),
)
NUL_CHARACTER = ErrorCode(
    "CHAT-40010",
    400,
    gettext_noop("%(name)s contains a NUL character (U+0000). Send the text without it."),
)
LONE_SURROGATE = ErrorCode(
    "CHAT-40011",
    400,
    gettext_noop(
        "%(name)s contains half of a surrogate pair (U+D800 to U+DFFF), which is not a character. "
        "Send whole characters."
    ),
)
BAD_REQUEST = ErrorCode(
    "CHAT-40012",
    400,
    gettext_noop("The request cannot be understood. Compare it with the API documentation."),
)
TOKEN_NOT_SENT_WELL = ErrorCode(
    "CHAT-40014",
    400,
    gettext_noop(
        "The access token was not sent as it should be. Send one, in the header Authorization alone: "
        "the word Bearer, a blank, the token."
    ),
)
NOT_SIGNED_IN = ErrorCode(
    "CHAT-40101",
    401,
    gettext_noop(
        "The user name or the password is missing or wrong. Send valid credentials with HTTP Basic authentication, "
        "or an access token."
    ),
)
TOKEN_NOT_VALID = ErrorCode(
    "CHAT-40102",
    401,
    gettext_noop(
        "The access token is not valid: it is unknown, has expired or was revoked, or its user may not sign in any "
        "more. Get a new one."
    ),
)
FORBIDDEN = ErrorCode(
    "CHAT-40301", 403, gettext_noop("You are not allowed to do this. Ask an administrator for the permission.")
)
ROLE_MISSING = ErrorCode(
    "CHAT-40302",
    403,
    gettext_noop("Your user does not have the role %(name)s. Ask an administrator to give it to your user."),
)
ENTITLEMENT_MISSING = ErrorCode(
    "CHAT-40303",
    403,
    gettext_noop("Your user does not have the entitlement %(name)s. Ask an administrator for a role that includes it."),
)
SCOPE_MISSING = ErrorCode(
    "CHAT-40307",
    403,
    gettext_noop("The access token was not given out for the scope %(name)s. Get one that is."),
)
ACTING_USER_MISSING = ErrorCode(
    "CHAT-40308",
    403,
    gettext_noop("The client %(name)s acts as no user. Ask an administrator to assign one to it."),
)
NOT_FOUND = ErrorCode(
    "CHAT-40401",
    404,
    gettext_noop("There is nothing at this address. Check the context, version and resource."),
)
METHOD_NOT_ALLOWED = ErrorCode(
    "CHAT-40501",
    405,
    gettext_noop("The method %(method)s is not supported at this address. Use one of these: %(allowed)s."),
)
NOT_ACCEPTABLE = ErrorCode(
    "CHAT-40601",
    406,
    gettext_noop('The header Accept is "%(accept)s", but the answer can only be one of these: %(offered)s.'),
)
TOO_LARGE = ErrorCode(
    "CHAT-41301",
    413,
    gettext_noop("The body is larger than %(limit)s bytes. Send a smaller one."),
)
MEDIA_TYPE = ErrorCode(
    "CHAT-41501",
    415,
    gettext_noop('The header Content-Type is "%(content_type)s", but it must be one of these: %(accepted)s.'),
)
CHARSET = ErrorCode(
    "CHAT-41502",
    415,
    gettext_noop(
        'The header Content-Type names the charset "%(charset)s". '
        "Send the body in UTF-8 and say so, or name no charset."
    ),
)
CONTENT_ENCODING = ErrorCode(
    "CHAT-41503",
    415,
    gettext_noop('The header Content-Encoding is "%(encoding)s". Send the body uncompressed, without this header.'),
)
THROTTLED = ErrorCode(
    "CHAT-42901",
    429,
    gettext_noop("Too many sign-ins have failed. Try again in %(seconds)s seconds."),
)
DATABASE_AWAY = ErrorCode(
    "CHAT-50301",
    503,
    gettext_noop("The database cannot be reached at the moment. Try again in %(seconds)s seconds."),
)
BUSY = ErrorCode(
    "CHAT-50302",
    503,
    gettext_noop("The server is too busy at the moment. Try again in %(seconds)s seconds."),
)

ALL: tuple[ErrorCode, ...] = tuple(value for value in globals().values() if isinstance(value, ErrorCode))
