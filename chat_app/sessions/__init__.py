"""The chat session: from the first token to the end of the chat (docs/chat-session.md)."""
