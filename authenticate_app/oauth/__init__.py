"""The OAuth 2.0 and OpenID Connect server, on django-oauth-toolkit (docs/oauth.md)."""
