"""Counters of the pages for customers; sign-ins themselves are counted in ``accounts.metrics``."""

from prometheus_client import Counter

EXPIRED = Counter("chatauth_expired_forms", "Forms that came without the right token: forged, or open for too long.")
PASSWORDS_CHANGED = Counter("chatauth_passwords_changed", "Passwords that people changed themselves.", ("way",))
PASSWORD_RESETS = Counter("chatauth_password_resets", "Links to a new password asked for, by outcome.", ("outcome",))
