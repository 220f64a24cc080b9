"""The address of the step into a chat, below those of ``authenticate_app.messages.api``."""

from django.urls import path

from authenticate_app.messages.api.urls import BASE
from chat_app.apple_chat.views import CustomerChatView

urlpatterns = [
    path(
        f"{BASE}/sign-in-requests/<uuid:sign_in_id>/chat",
        CustomerChatView.as_view(),
        name="messages-api-customer-chat",
    ),
]
