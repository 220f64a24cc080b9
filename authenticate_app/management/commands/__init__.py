"""Commands about signing keys and secrets."""
