"""The REST API for agents, bots and systems of a business (docs/apple-messages.md, "REST API")."""
