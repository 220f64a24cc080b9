"""Apple Messages for Business: customers sign in inside the conversation (docs/apple-messages.md)."""
