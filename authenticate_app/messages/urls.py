"""Addresses of Apple Messages for Business."""

from django.urls import include, path

from authenticate_app.messages.callback import callback
from authenticate_app.messages.webhook import message
from authenticate_app.oauth.purposes import MESSAGES_CALLBACK_PATH

urlpatterns = [
    path("amb/message", message, name="amb-message"),
    path("", include("authenticate_app.messages.api.urls")),
    path(MESSAGES_CALLBACK_PATH, callback, name="amb-callback"),
]
