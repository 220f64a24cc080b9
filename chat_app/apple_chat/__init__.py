"""The step from a sign-in in Apple Messages into a chat (docs/apple-messages.md)."""
