"""Every error that ``chatAuthenticate`` answers with, in one table (docs/errors.md).

Codes are stable and never translated. ``27014`` is Fusion's own; those that begin with ``CHAT-`` are ours, and their
first three digits are the HTTP status.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from chat_app.adf import codes
from chat_app.adf.errors import ErrorCode

# The body, attribute by attribute. ``%(name)s`` is the attribute's name.

MISSING = ErrorCode(
    "27014", 400, gettext_noop("The required attribute %(name)s is missing or empty. Send a value for it.")
)
NOT_A_STRING = ErrorCode("CHAT-40020", 400, gettext_noop("%(name)s is not a string. Send a JSON string or null."))
TOO_LONG = ErrorCode("CHAT-40021", 400, gettext_noop("%(name)s is too long. Send at most %(max_length)s characters."))
NOT_A_LONG = ErrorCode(
    "CHAT-40022",
    400,
    gettext_noop("%(name)s is not a whole number. Send a JSON integer, a string that holds one, or null."),
)
LONG_OUT_OF_RANGE = ErrorCode(
    "CHAT-40023",
    400,
    gettext_noop("%(name)s is out of range. Send a whole number from -9223372036854775808 to 9223372036854775807."),
)
NOT_AN_ALLOWED_VALUE = ErrorCode(
    "CHAT-40024", 400, gettext_noop("The value of %(name)s is not allowed. Send %(allowed)s or null.")
)
NOT_A_FLAG = ErrorCode(
    "CHAT-40025", 400, gettext_noop('%(name)s is neither true nor false. Send "true", "false" or null.')
)
NOT_A_WHOLE_NUMBER = ErrorCode(
    "CHAT-40026",
    400,
    gettext_noop('%(name)s is not a whole number. Send one, as a number or as a string such as "1", or null.'),
)
UNKNOWN = ErrorCode("CHAT-40027", 400, gettext_noop("There is no attribute %(name)s. Leave it out."))
UNKNOWN_BUT_LIKE = ErrorCode("CHAT-40028", 400, gettext_noop("There is no attribute %(name)s. Did you mean %(meant)s?"))
UNKNOWN_FURTHER = ErrorCode(
    "CHAT-40029",
    400,
    gettext_noop("%(count)s further attributes are unknown and not listed here. Leave them out."),
)
NEWER = ErrorCode(
    "CHAT-40030",
    400,
    gettext_noop(
        "The attribute %(name)s exists from release %(since)s on, but this server behaves like release %(release)s. "
        "Leave it out."
    ),
)
OBJECT_NOT_JSON = ErrorCode(
    "CHAT-40031",
    400,
    gettext_noop(
        "%(name)s does not hold valid JSON: it cannot be read from line %(line)s, column %(column)s on. "
        "Send a JSON object, written as a string."
    ),
)
OBJECT_NOT_AN_OBJECT = ErrorCode(
    "CHAT-40032",
    400,
    gettext_noop("%(name)s holds JSON, but not an object. Send a JSON object, written as a string."),
)
OBJECT_NOT_A_VALUE = ErrorCode(
    "CHAT-40033",
    400,
    gettext_noop("%(name)s holds %(constant)s, which JSON does not know. Send null or a number instead."),
)
OBJECT_TOO_DEEP = ErrorCode(
    "CHAT-40034",
    400,
    gettext_noop("The JSON in %(name)s is nested too deeply. Send an object that is nested less."),
)
OBJECT_REPEATS = ErrorCode(
    "CHAT-40035",
    400,
    gettext_noop("In the JSON of %(name)s the key %(repeated)s occurs more than once. Send it once."),
)

# What the caller may ask for

OTHER_USERS_TOKEN = ErrorCode(
    "CHAT-40304",
    403,
    gettext_noop(
        "You may only ask for a token for yourself. Send your own user name or your verified e-mail address as "
        "authUserName, or sign in as a user with the entitlement SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV."
    ),
)
NOT_OWN = ErrorCode(
    "CHAT-40305",
    403,
    gettext_noop(
        "%(name)s is not what is known about you. Send your own value or leave it out, or sign in as a user with the "
        "entitlement SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV."
    ),
)
CHAT_DISABLED = ErrorCode(
    "CHAT-40306",
    403,
    gettext_noop(
        "Chat is switched off here. An administrator can switch it on with the profile option SVC_ENABLE_CHAT."
    ),
)

# What the server cannot do at the moment

NO_INTERFACE = ErrorCode(
    "CHAT-50303",
    503,
    gettext_noop(
        "No chat interface is available. An administrator has to enable the default interface. "
        "Try again in %(seconds)s seconds."
    ),
)
NO_QUEUE = ErrorCode(
    "CHAT-50304",
    503,
    gettext_noop(
        "No queue takes this chat. An administrator has to enable the interface's default queue. "
        "Try again in %(seconds)s seconds."
    ),
)
NO_SIGNING_KEY = ErrorCode(
    "CHAT-50305",
    503,
    gettext_noop(
        "No key is ready to sign the token. An administrator has to create one. Try again in %(seconds)s seconds."
    ),
)
CHANGING = ErrorCode(
    "CHAT-50306",
    503,
    gettext_noop(
        "The settings of the chat service kept changing while your request was answered. "
        "Try again in %(seconds)s seconds."
    ),
)

OF_VALIDATION: Mapping[str, ErrorCode] = {
    "missing": MISSING,
    "string_type": NOT_A_STRING,
    "string_too_long": TOO_LONG,
    "too_long": TOO_LONG,
    "not_a_long": NOT_A_LONG,
    "long_out_of_range": LONG_OUT_OF_RANGE,
    "literal_error": NOT_AN_ALLOWED_VALUE,
    "not_a_flag": NOT_A_FLAG,
    "not_a_whole_number": NOT_A_WHOLE_NUMBER,
    "object_not_json": OBJECT_NOT_JSON,
    "object_not_an_object": OBJECT_NOT_AN_OBJECT,
    "object_not_a_value": OBJECT_NOT_A_VALUE,
    "object_too_deep": OBJECT_TOO_DEEP,
    "object_repeats": OBJECT_REPEATS,
    "object_nul": codes.NUL_CHARACTER,
    "object_surrogate": codes.LONE_SURROGATE,
}
"""By the type that pydantic, or ``wire_types``, gives a fault."""

ALL: tuple[ErrorCode, ...] = tuple(
    sorted(
        {*codes.ALL, *(value for value in globals().values() if isinstance(value, ErrorCode))},
        key=lambda error: (error.status, error.code),
    )
)
