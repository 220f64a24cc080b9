"""The chat server: from a token to a conversation with an agent, and to its end (docs/chat-server.md)."""
