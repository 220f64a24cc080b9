"""Which interface and which queue a chat gets, when people answer, and the options that govern it."""
