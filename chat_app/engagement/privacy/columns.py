"""What each column of each table is: somebody's data, a secret, or neither (docs/personal-data.md).

A test fails for a column that stands here nowhere: whoever adds one says what it is, and whether ``erasing`` and
``finding`` have to know it.
"""

from typing import NamedTuple


class Columns(NamedTuple):
    """The columns of a table, separated by blanks.

    ``personal``: about somebody, or whose row it is. ``hidden``: secrets, never shown, not even to whom it belongs.
    """

    personal: str = ""
    hidden: str = ""
    other: str = ""

    def names(self) -> list[str]:
        """Every column, once."""
        return f"{self.personal} {self.hidden} {self.other}".split()


COLUMNS: dict[str, Columns] = {
    "admin.LogEntry": Columns(
        personal="user_id object_repr change_message",
        other="id action_time content_type_id object_id action_flag",
    ),
    "auth.Group": Columns(
        other="id name",
    ),
    "auth.Group_permissions": Columns(
        other="id group_id permission_id",
    ),
    "auth.Permission": Columns(
        other="id name content_type_id codename",
    ),
    "authenticate_app.AccessToken": Columns(
        personal="user_id",
        hidden="token_checksum sign_in_stamp token_family",
        other="id expires scope created application_id",
    ),
    "authenticate_app.AuditEvent": Columns(
        personal="actor_id actor_name address object_name changes",
        other="id at event reason pseudonym request_id object_type object_id",
    ),
    "authenticate_app.Business": Columns(
        hidden="encrypted_client_secret encrypted_webhook_secret",
        other=(
            "id account_id name business_id gateway_url is_active is_sandbox allows_new_flow "
            "allows_legacy_flow new_flow_version provider client_id provider_issuer authorization_url "
            "token_url userinfo_url introspection_url provider_client_id additional_parameters scopes "
            "request_title request_subtitle reply_title image image_style sign_in_lifetime reply_grace "
            "validity trusts_callback_alone creates_users trusted_email_domains webhook_url"
        ),
    ),
    "authenticate_app.Business_api_clients": Columns(
        other="id business_id client_id",
    ),
    "authenticate_app.Client": Columns(
        hidden="client_secret",
        other=(
            "id client_id redirect_uris post_logout_redirect_uris client_type authorization_grant_type name "
            "created updated purpose display_name logo accent_color is_active is_trusted acting_user_id "
            "allowed_scopes pkce_required signed_access_tokens signed_because"
        ),
    ),
    "authenticate_app.Conversation": Columns(
        personal="customer_id capabilities last_message_at",
        other="id business_id capabilities_at created_at closed_at",
    ),
    "authenticate_app.FailureCount": Columns(
        personal="user_id address",
        hidden="key",
        other="scope subject failures window_ends_at throttled_at",
    ),
    "authenticate_app.Grant": Columns(
        personal="user_id auth_time amr",
        hidden="code state_checksum code_challenge nonce sign_in_stamp token_family",
        other="id expires redirect_uri scope created code_challenge_method application_id used_at",
    ),
    "authenticate_app.IDToken": Columns(
        personal="user_id",
        hidden="jti",
        other="id application_id expires scope created updated",
    ),
    "authenticate_app.InboundMessage": Columns(
        personal="customer_id capabilities device_agent body",
        other="id business_id message_id received_at processed_at",
    ),
    "authenticate_app.KnownAddress": Columns(
        personal="user_id address signed_in_at",
        other="id",
    ),
    "authenticate_app.LinkedIdentity": Columns(
        personal="user_id issuer subject",
        other="id created_at",
    ),
    "authenticate_app.LoginName": Columns(
        personal="key user_id",
        other="id",
    ),
    "authenticate_app.MspAccount": Columns(
        hidden="encrypted_api_secret",
        other="id name msp_id",
    ),
    "authenticate_app.OneTimeCodeDevice": Columns(
        personal="user_id confirmed_at",
        hidden="encrypted_secret",
        other="id last_used_step",
    ),
    "authenticate_app.OutboundMessage": Columns(
        hidden="encrypted_body",
        other="id conversation_id sign_in_id state attempts last_answer created_at give_up_at sent_at",
    ),
    "authenticate_app.Passkey": Columns(
        personal="user_id name created_at last_used_at aaguid",
        hidden="credential_id public_key",
        other="id sign_count transports backed_up",
    ),
    "authenticate_app.RecoveryCode": Columns(
        personal="user_id used_at",
        hidden="digest",
        other="id",
    ),
    "authenticate_app.RefreshToken": Columns(
        personal="user_id auth_time amr",
        hidden="token_checksum sign_in_stamp token_family",
        other="id created updated revoked application_id scope expires",
    ),
    "authenticate_app.Revision": Columns(
        other="topic value",
    ),
    "authenticate_app.Role": Columns(
        other="id name",
    ),
    "authenticate_app.SandboxAsker": Columns(
        hidden="encrypted_client_secret",
        other="business_id client_id",
    ),
    "authenticate_app.SandboxBubble": Columns(
        personal="text",
        hidden="encrypted_body",
        other="id phone_id kind message_id at opened_at replied_at reply_status chat",
    ),
    "authenticate_app.SandboxExchange": Columns(
        personal="request_headers request_body answer_headers answer_body",
        other="id phone_id at sender receiver method url status",
    ),
    "authenticate_app.SandboxPayload": Columns(
        hidden="ciphertext signature",
        other="id phone_id owner",
    ),
    "authenticate_app.SandboxPhone": Columns(
        personal="customer_id",
        other="id business_id capabilities fault gateway_failures created_at deleted_at",
    ),
    "authenticate_app.SignInRequest": Columns(
        personal="conversation_id reference",
        hidden="session_identifier state_checksum encrypted_private_key idempotency_key idempotency_checksum",
        other=(
            "id business_id flow state reason scopes state_used_at asked_by_id created_at expires_at sent_at "
            "opened_at identified_at confirmed_at ended_at"
        ),
    ),
    "authenticate_app.SignInResult": Columns(
        personal="issuer subject claims user_id",
        hidden="token_checksum",
        other="sign_in_id is_verified valid_until",
    ),
    "authenticate_app.SignInStep": Columns(
        other="id sign_in_id at step detail",
    ),
    "authenticate_app.SigningKey": Columns(
        hidden="encrypted_private_key",
        other="id kid certificate created_at signs_from retired_at deleted_at revoked_at is_demonstration",
    ),
    "authenticate_app.SpentChallenge": Columns(
        hidden="digest",
        other="expires_at",
    ),
    "authenticate_app.User": Columns(
        personal=(
            "username username_key email email_key first_name last_name "
            "contact_party_id organization_party_id organization_name subject last_login date_joined"
        ),
        hidden="password sign_in_stamp",
        other=("id is_superuser email_verified is_staff is_active second_factor_required is_demonstration revision"),
    ),
    "authenticate_app.User_groups": Columns(
        personal="user_id",
        other="id group_id",
    ),
    "authenticate_app.User_user_permissions": Columns(
        personal="user_id",
        other="id permission_id",
    ),
    "authenticate_app.WebhookDelivery": Columns(
        personal="payload",
        other="id business_id event state attempts last_answer created_at next_attempt_at delivered_at",
    ),
    "chat_app.AgentSession": Columns(
        personal="user_id name",
        hidden="sign_in_stamp",
        other="id interface_id mailbox_id capacity queue_ids idle_since signed_on_at ended_at end",
    ),
    "chat_app.AssignmentRule": Columns(
        other="id interface_id rank name enabled queue_id",
    ),
    "chat_app.ChatSession": Columns(
        personal="end_user_id auth_user_name request organization_party_id client_address",
        other=(
            "id caller_id interface_id queue_id state resumable speaks_for_others created_at "
            "token_expires_at requested_at engaged_at concluded_at"
        ),
    ),
    "chat_app.ChatToken": Columns(
        other="jti session_id issued_at expires_at claimed_at",
    ),
    "chat_app.ClockReading": Columns(
        other="id ticked_at",
    ),
    "chat_app.Criterion": Columns(
        other="id rule_id subject name operator value",
    ),
    "chat_app.Engagement": Columns(
        personal="auth_user_name end_user_key end_user_id properties",
        other=(
            "id session_id interface_id queue_id state priority proposed_agent_id requested_at waiting_since "
            "engaged_at last_written_at concluded_at reason discard_seconds starvation_seconds offer_seconds "
            "shown_position shown_wait_seconds"
        ),
    ),
    "chat_app.Holiday": Columns(
        other="id calendar_id date name",
    ),
    "chat_app.Interface": Columns(
        other=("id name enabled is_default business_unit_org_id chat_site_name pool_id domain port allowed_origins"),
    ),
    "chat_app.Mailbox": Columns(
        hidden="session_checksum",
        other=(
            "id engagement_id last_sequence received_sequence written_sequence handed_sequence reader "
            "connection last_seen_at absent_seconds absences created_at voided_at"
        ),
    ),
    "chat_app.MailboxEvent": Columns(
        personal="fields",
        other="mailbox_id sequence engagement_id client_id message_name created_at off_the_record",
    ),
    "chat_app.Offer": Columns(
        other="id engagement_id agent_session_id queue_id state offered_at expires_at answered_at",
    ),
    "chat_app.Participant": Columns(
        personal="user_id name",
        other="id engagement_id kind role agent_session_id joined_at left_at departure",
    ),
    "chat_app.ProfileOption": Columns(
        other=(
            "code display_name description application value_type allowed_values default_value site_only "
            "start_date end_date"
        ),
    ),
    "chat_app.ProfileOptionValue": Columns(
        personal="user_id value",
        other="id option_id level product",
    ),
    "chat_app.Queue": Columns(
        other=(
            "id interface_id name description enabled distribution is_default stripe_code external_reference "
            "service_calendar_id assumed_wait_seconds"
        ),
    ),
    "chat_app.QueueFigures": Columns(
        other="queue_id average_wait_seconds unattended_since",
    ),
    "chat_app.QueueOverflow": Columns(
        other="id queue_id overflow_queue_id priority enabled",
    ),
    "chat_app.QueueResource": Columns(
        personal="agent_id",
        other="id queue_id team_id",
    ),
    "chat_app.ServiceCalendar": Columns(
        other="id name time_zone",
    ),
    "chat_app.ServicePeriod": Columns(
        other="id calendar_id weekday opens_at closes_at",
    ),
    "chat_app.Team": Columns(
        other="id name",
    ),
    "chat_app.Team_members": Columns(
        personal="user_id",
        other="id team_id",
    ),
    "chat_app.TranscriptMessage": Columns(
        personal="body",
        other="id engagement_id participant_id posted_at rich_text off_the_record message_id",
    ),
    "contenttypes.ContentType": Columns(
        other="id app_label model",
    ),
    "oauth2_provider.DeviceGrant": Columns(
        personal="user_id",
        hidden="device_code user_code",
        other="id scope interval expires status client_id last_checked",
    ),
    "procrastinate.ProcrastinateEvent": Columns(
        other="id job_id type at",
    ),
    "procrastinate.ProcrastinateJob": Columns(
        personal="args",
        other=(
            "id queue_name task_name priority lock status scheduled_at attempts queueing_lock abort_requested worker_id"
        ),
    ),
    "procrastinate.ProcrastinatePeriodicDefer": Columns(
        other="id task_name defer_timestamp job_id periodic_id",
    ),
    "procrastinate.ProcrastinateWorker": Columns(
        other="id last_heartbeat",
    ),
    "sessions.Session": Columns(
        hidden="session_key session_data",
        other="expire_date",
    ),
}
