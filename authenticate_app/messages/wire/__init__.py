"""Messages as Apple's gateway takes and gives them (docs/apple-messages.md). Types bear Apple's own names."""

from authenticate_app.messages.wire.received import Kind, LargeReply, Message, parse_message
from authenticate_app.messages.wire.replies import (
    AuthenticateResponse,
    AuthenticateResponseErrorCodes,
    Reply,
    ReplyStatus,
    parse_reply,
)
from authenticate_app.messages.wire.sent import (
    Authenticate,
    AuthenticateRequestBody,
    Oauth2,
    Scope,
    TextBody,
    sign_in_body,
    text_body,
)
from authenticate_app.messages.wire.strict_json import MalformedMessage, read_object

__all__ = [
    "Authenticate",
    "AuthenticateRequestBody",
    "AuthenticateResponse",
    "AuthenticateResponseErrorCodes",
    "Kind",
    "LargeReply",
    "MalformedMessage",
    "Message",
    "Oauth2",
    "Reply",
    "ReplyStatus",
    "Scope",
    "TextBody",
    "parse_message",
    "parse_reply",
    "read_object",
    "sign_in_body",
    "text_body",
]
