"""Roles and entitlements, under the names that Fusion gives them (docs/administration.md)."""

SELF_SERVICE_USER = "ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT"
"""The role that a caller of ``chatAuthenticate`` must hold."""

REQUEST_FOR_CHAT = "SVC_REQUEST_FOR_CHAT_PRIV"
"""The entitlement that a caller of ``chatAuthenticate`` must hold."""

REQUEST_FOR_CHAT_ON_BEHALF = "SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV"
"""Ours: the caller may ask for tokens for other end users."""

ON_BEHALF_ROLE = "SVC_CHAT_ON_BEHALF_CALLER"
"""Ours: a role for service accounts; carries the on-behalf entitlement."""

ADMINISTRATOR_ROLE = "CHATAUTH_ADMINISTRATOR"
"""Ours: a role for people who run the service."""

SUPERVISOR_ROLE = "CHATAUTH_SUPERVISOR"
"""Ours: a role for people who watch over chats."""

CHAT_AGENT = "ORA_SVC_CHAT_AGENT"
"""Ours: the role of agents who answer chats."""

BUILT_IN_ROLES = frozenset({SELF_SERVICE_USER, ON_BEHALF_ROLE, ADMINISTRATOR_ROLE, SUPERVISOR_ROLE, CHAT_AGENT})
"""The roles that migrations make. ``rules`` keeps them as they are for everybody but superusers."""
