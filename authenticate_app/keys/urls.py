"""Addresses of the published key set."""

from django.urls import path

from authenticate_app.keys.views import key_set

urlpatterns = [path(".well-known/jwks.json", key_set, name="jwks")]
