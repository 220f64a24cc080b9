"""Addresses of Apple Messages for Business."""

from django.urls import include, path

from authenticate_app.messages.webhook import message

urlpatterns = [
    path("amb/message", message, name="amb-message"),
    path("", include("authenticate_app.messages.api.urls")),
]
