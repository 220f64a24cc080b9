"""Which fault stands for which exception of Django, of Django REST framework and of the database."""

import math
from collections.abc import Mapping

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions

from chat_app.adf import codes
from chat_app.adf.errors import AdfError, ErrorCode, Fault

RETRY_AFTER_SECONDS = 5
"""How soon to come back after a 503 that does not know better."""

ERROR_OF_PERMISSION: Mapping[object, ErrorCode] = {
    "role-missing": codes.ROLE_MISSING,
    "entitlement-missing": codes.ENTITLEMENT_MISSING,
    "insufficient_scope": codes.SCOPE_MISSING,
    "acting-user-missing": codes.ACTING_USER_MISSING,
}
ERROR_OF_TOKEN: Mapping[object, ErrorCode] = {
    "invalid_request": codes.TOKEN_NOT_SENT_WELL,
    "invalid_token": codes.TOKEN_NOT_VALID,
}
"""By the error of RFC 6750, section 3.1."""
ERROR_OF_STATUS: Mapping[int, ErrorCode] = {
    400: codes.BAD_REQUEST,
    401: codes.NOT_SIGNED_IN,
    403: codes.FORBIDDEN,
    404: codes.NOT_FOUND,
    429: codes.THROTTLED,
    503: codes.BUSY,
}


def as_adf_error(error: Exception) -> AdfError | None:
    """Return what a client is told about this exception; None when it is a fault of the server's own."""
    if isinstance(error, AdfError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        return try_again(codes.DATABASE_AWAY)
    if isinstance(error, exceptions.APIException):
        return _from_rest_framework(error)
    return next((AdfError(Fault(code)) for kind, code in ERROR_OF_DJANGO if isinstance(error, kind)), None)


ERROR_OF_DJANGO: tuple[tuple[type[Exception], ErrorCode], ...] = (
    (Http404, codes.NOT_FOUND),
    (PermissionDenied, codes.FORBIDDEN),
    (UnreadablePostError, codes.INCOMPLETE_BODY),
    (SuspiciousOperation, codes.BAD_REQUEST),
    (BadRequest, codes.BAD_REQUEST),
)


def try_again(error: ErrorCode, seconds: float | None = None) -> AdfError:
    """Return a refusal that says, in text and in ``Retry-After``, after how many seconds to come back."""
    wait = max(1, math.ceil(RETRY_AFTER_SECONDS if seconds is None else seconds))
    return AdfError(Fault(error, params={"seconds": wait}), headers={"Retry-After": str(wait)})


def _from_rest_framework(error: exceptions.APIException) -> AdfError | None:
    code = ERROR_OF_TOKEN.get(error.default_code) or ERROR_OF_STATUS.get(error.status_code)
    challenge = getattr(error, "auth_header", None)  # Django REST framework's name for it
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    if isinstance(error, exceptions.PermissionDenied):
        return AdfError(_permission_fault(error), headers=headers)
    if code in {codes.THROTTLED, codes.BUSY}:
        return try_again(code, getattr(error, "wait", None))
    return None if code is None else AdfError(Fault(code), headers=headers)


def _permission_fault(error: exceptions.PermissionDenied) -> Fault:
    code = ERROR_OF_PERMISSION.get(error.get_codes())
    name = getattr(error, "name", None)
    return Fault(codes.FORBIDDEN) if code is None or name is None else Fault(code, params={"name": name})
