"""A simulated gateway and simulated phones, to try and to test the whole way without Apple (docs/apple-messages.md)."""
