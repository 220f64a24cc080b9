"""HTTP of the chat server: a plain ASGI application, since a waiting poll has to cost next to nothing."""
