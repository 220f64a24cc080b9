"""The agents' desk: a page that answers chats through the agent API (docs/chat-desk.md)."""
