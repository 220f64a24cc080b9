"""The fixed vocabulary of what is audited."""

from enum import StrEnum


class Event(StrEnum):
    """One kind of thing that happens to somebody's access, or one kind of change."""

    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    ADMIN_SIGNED_IN = "admin_signed_in"
    ADMIN_SIGNED_OUT = "admin_signed_out"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of an event
    KEY_ANNOUNCED = "key_announced"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    KEY_DELETED = "key_deleted"
    SECRETS_REENCRYPTED = "secrets_reencrypted"
    OBJECT_CREATED = "object_created"
    OBJECT_CHANGED = "object_changed"
    OBJECT_DELETED = "object_deleted"
    PASSWORD_SET = "password_set"  # noqa: S105 - the name of an event
    USERS_IMPORTED = "users_imported"
    COUNTS_CLEARED = "counts_cleared"
