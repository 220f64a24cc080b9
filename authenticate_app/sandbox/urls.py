"""Addresses of the sandbox, below ``/sandbox/``; they exist only while the setting ``SANDBOX`` is on."""

from django.urls import path

from authenticate_app.sandbox import gateway_views, views
from authenticate_app.sandbox.receiver import receive

urlpatterns = [
    path("", views.page, name="sandbox"),
    path("ask", views.ask, name="sandbox-ask"),
    path("say", views.say, name="sandbox-say"),
    path("delete", views.delete, name="sandbox-delete"),
    path("navigated", views.navigated, name="sandbox-navigated"),
    path("bubbles/<int:bubble_id>/open", views.open_bubble, name="sandbox-open"),
    path("bubbles/<int:bubble_id>/chat", views.chat, name="sandbox-chat"),
    path("gateway/v1/authenticate", gateway_views.authenticate, name="sandbox-gateway-authenticate"),
    path("gateway/v1/message", gateway_views.message, name="sandbox-gateway-message"),
    path("gateway/v1/preDownload", gateway_views.pre_download, name="sandbox-gateway-pre-download"),
    path("gateway/v1/payloads/<uuid:payload_id>", gateway_views.payload, name="sandbox-gateway-payload"),
    path("gateway/v1/decodePayload", gateway_views.decode_payload, name="sandbox-gateway-decode-payload"),
    path("receiver/<slug:business_id>", receive, name="sandbox-receiver"),
]
