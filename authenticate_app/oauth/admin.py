"""Admin pages of clients and tokens."""

from django.contrib import admin

from authenticate_app.oauth.models import AccessToken, Client, Grant, IDToken, RefreshToken

for _model in (AccessToken, Client, Grant, IDToken, RefreshToken):
    admin.site.unregister(_model)  # the toolkit's pages know nothing of our rules
