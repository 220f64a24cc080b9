"""What parts of the project hook into it, as dotted paths: ``settings`` takes them over under these names."""

TASKS = [
    "authenticate_app.accounts.mail",
    "authenticate_app.login.links",
    "authenticate_app.messages.jobs",
]
"""Modules that declare background jobs."""

HOUSEKEEPING = [
    "authenticate_app.keys.services.rotate_when_due",
    "authenticate_app.keys.services.delete_when_due",
    "authenticate_app.throttling.services.purge",
    "authenticate_app.factors.challenges.purge",
    "authenticate_app.audit.services.purge",
    "authenticate_app.oauth.purge.purge_access_tokens",
    "authenticate_app.oauth.purge.purge_refresh_tokens",
    "authenticate_app.oauth.purge.purge_codes",
    "authenticate_app.messages.purge.purge_inbound_messages",
    "authenticate_app.messages.purge.purge_outbound_messages",
    "authenticate_app.messages.purge.purge_webhooks",
    "authenticate_app.messages.purge.forget_claims",
    "authenticate_app.messages.purge.purge_sign_ins",
    "authenticate_app.messages.purge.purge_conversations",
    "authenticate_app.sandbox.services.purge",
    "chat_app.engagement.purge.purge_received_events",
    "chat_app.engagement.purge.purge_mailboxes",
    "chat_app.engagement.purge.purge_engagements",
    "chat_app.engagement.purge.purge_agent_sessions",
    "chat_app.sessions.purge.purge_tokens",
    "chat_app.sessions.purge.purge_sessions",
    "chatauth_project.housekeeping.purge_sign_ins",
]
"""Functions ``run(now: datetime) -> int``, run one after the other; each answers how many rows it changed."""

DEMONSTRATION_DATA = [
    "chatauth_project.demonstration_accounts.load",
    "chatauth_project.demonstration_clients.load",
    "chat_app.routing.demonstration.load",
    "authenticate_app.sandbox.demonstration.load",
    "chat_app.engagement.customer.demonstration.load",
]
"""Functions ``load(passwords: Mapping[str, str]) -> None`` that may run again and again."""

GENERATED_DOCS = {
    "chat_app/static/chat/texts/en.js": "chat_app.engagement.customer.texts.english",
    "chat_app/static/chat/texts/de.js": "chat_app.engagement.customer.texts.german",
    "chat_app/static/chat/texts/fr.js": "chat_app.engagement.customer.texts.french",
    "chat_app/static/chat/texts/es.js": "chat_app.engagement.customer.texts.spanish",
    "chat_app/static/chat/texts/ja.js": "chat_app.engagement.customer.texts.japanese",
    "docs/attributes.md": "chat_app.chat_authenticate.docs.attributes_page",
    "docs/errors.md": "chat_app.chat_authenticate.docs.errors_page",
    "docs/openapi.yaml": "chatauth_project.openapi_page.render",
    "docs/settings.md": "chatauth_project.settings_page.render",
}
"""What ``make docs`` writes: the path of each file, and the function ``render() -> str`` that answers its text."""
