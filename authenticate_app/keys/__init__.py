"""Signing keys: their life cycle, the key set that is published, and the tokens that they sign."""
