"""The fixed vocabulary of what is audited."""

from enum import StrEnum


class Event(StrEnum):
    """One kind of thing that happens to somebody's access, or one kind of change."""

    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    ADMIN_SIGNED_IN = "admin_signed_in"
    ADMIN_SIGNED_OUT = "admin_signed_out"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of an event
    BEARER_REFUSED = "bearer_refused"
    KEY_ANNOUNCED = "key_announced"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    KEY_DELETED = "key_deleted"
    SECRETS_REENCRYPTED = "secrets_reencrypted"
    OBJECT_CREATED = "object_created"
    OBJECT_CHANGED = "object_changed"
    OBJECT_DELETED = "object_deleted"
    PASSWORD_SET = "password_set"  # noqa: S105 - the name of an event
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105 - the name of an event
    CONSENT_GIVEN = "consent_given"
    CONSENT_REFUSED = "consent_refused"
    OAUTH_CLIENT_REFUSED = "oauth_client_refused"
    OAUTH_CLIENT_THROTTLED = "oauth_client_throttled"
    OAUTH_CODE_REDEEMED = "oauth_code_redeemed"
    OAUTH_TOKEN_ISSUED = "oauth_token_issued"  # noqa: S105 - the name of an event
    OAUTH_TOKEN_REFUSED = "oauth_token_refused"  # noqa: S105 - the name of an event
    OAUTH_TOKEN_REUSED = "oauth_token_reused"  # noqa: S105 - the name of an event
    OAUTH_TOKENS_REVOKED = "oauth_tokens_revoked"
    OAUTH_SIGNED_OUT = "oauth_signed_out"
    USERS_IMPORTED = "users_imported"
    COUNTS_CLEARED = "counts_cleared"
    SECOND_STEP_FAILED = "second_step_failed"
    SECOND_STEP_THROTTLED = "second_step_throttled"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    CODES_TURNED_ON = "codes_turned_on"
    CODES_TURNED_OFF = "codes_turned_off"
    PASSKEY_REFUSED = "passkey_refused"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_REMOVED = "passkey_removed"
    FACTORS_RESET = "factors_reset"
    MESSAGES_SIGN_IN_ASKED = "messages_sign_in_asked"
    MESSAGES_SIGN_IN_SUCCEEDED = "messages_sign_in_succeeded"
    MESSAGES_SIGN_IN_ENDED = "messages_sign_in_ended"
    MESSAGES_STATE_REFUSED = "messages_state_refused"
    MESSAGES_REPLY_REFUSED = "messages_reply_refused"
    CLIENT_SECRET_MADE = "client_secret_made"  # noqa: S105 - the name of an event
    MESSAGES_REFUSED = "messages_refused"
    MESSAGES_WEBHOOK_GIVEN_UP = "messages_webhook_given_up"
    MESSAGES_LARGE_REPLY_REFUSED = "messages_large_reply_refused"
    MESSAGES_WEBHOOK_SECRET_MADE = "messages_webhook_secret_made"  # noqa: S105 - the name of an event
    MESSAGES_WEBHOOK_REPEATED = "messages_webhook_repeated"
    MESSAGES_IDENTITY_LINKED = "messages_identity_linked"
    MESSAGES_USER_MADE = "messages_user_made"
    CHAT_AGENT_REFUSED = "chat_agent_refused"
    CHAT_SESSION_REFUSED = "chat_session_refused"
    CHAT_TOKEN_REFUSED = "chat_token_refused"  # noqa: S105 - the name of an event
    TRANSCRIPT_EXPORTED = "transcript_exported"
    AGENT_SESSION_ENDED = "agent_session_ended"
    PERSONAL_DATA_EXPORTED = "personal_data_exported"
    PERSONAL_DATA_ERASED = "personal_data_erased"


REFUSALS = (
    Event.SIGN_IN_FAILED,
    Event.SIGN_IN_THROTTLED,
    Event.SECOND_STEP_FAILED,
    Event.SECOND_STEP_THROTTLED,
    Event.PASSKEY_REFUSED,
    Event.TOKEN_REFUSED,
    Event.BEARER_REFUSED,
    Event.OAUTH_CLIENT_REFUSED,
    Event.OAUTH_CLIENT_THROTTLED,
    Event.OAUTH_TOKEN_REFUSED,
    Event.MESSAGES_STATE_REFUSED,
    Event.MESSAGES_REPLY_REFUSED,
    Event.CHAT_AGENT_REFUSED,
    Event.CHAT_SESSION_REFUSED,
    Event.CHAT_TOKEN_REFUSED,
)
"""Somebody did not get what they asked this server for."""
