"""Let them into the right conversation: Fusion's conventions, routing, chat sessions, chatAuthenticate."""
