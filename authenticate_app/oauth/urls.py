"""Addresses of the OAuth and OpenID Connect server. What is not here is not offered."""

from django.urls import path, re_path

from authenticate_app.oauth import discovery
from authenticate_app.oauth.authorize import authorize
from authenticate_app.oauth.introspection import introspect
from authenticate_app.oauth.logos import logo
from authenticate_app.oauth.logout import end_session
from authenticate_app.oauth.revocation import revoke
from authenticate_app.oauth.token_endpoint import token
from authenticate_app.oauth.userinfo import userinfo

urlpatterns = [
    path("oauth/authorize", authorize, name="oauth-authorize"),
    path("oauth/token", token, name="oauth-token"),
    path("oauth/introspect", introspect, name="oauth-introspect"),
    path("oauth/revoke", revoke, name="oauth-revoke"),
    path("oauth/userinfo", userinfo, name="oauth-userinfo"),
    path("oauth/logout", end_session, name="oauth-logout"),
    re_path(r"^oauth/logos/(?P<client_id>[A-Za-z0-9._~-]{1,255})/(?P<version>[0-9a-f]{16})$", logo, name="client-logo"),
    path(".well-known/openid-configuration", discovery.openid_configuration, name="openid-configuration"),
    path(".well-known/oauth-authorization-server", discovery.authorization_server, name="oauth-metadata"),
]
