"""Addresses of the API."""

from django.urls import path, re_path

from authenticate_app.messages.api import views

BASE = "api/messages/v1"

urlpatterns = [
    path(f"{BASE}/businesses", views.BusinessesView.as_view(), name="messages-api-businesses"),
    path(f"{BASE}/conversations", views.ConversationsView.as_view(), name="messages-api-conversations"),
    path(
        f"{BASE}/conversations/<uuid:conversation_id>",
        views.ConversationView.as_view(),
        name="messages-api-conversation",
    ),
    path(
        f"{BASE}/conversations/<uuid:conversation_id>/messages",
        views.NewMessageView.as_view(),
        name="messages-api-new-message",
    ),
    path(
        f"{BASE}/conversations/<uuid:conversation_id>/sign-in-requests",
        views.NewSignInView.as_view(),
        name="messages-api-new-sign-in",
    ),
    path(f"{BASE}/messages/<uuid:message_id>", views.MessageView.as_view(), name="messages-api-message"),
    path(f"{BASE}/sign-in-requests", views.SignInsView.as_view(), name="messages-api-sign-ins"),
    path(f"{BASE}/sign-in-requests/<uuid:sign_in_id>", views.SignInView.as_view(), name="messages-api-sign-in"),
    path(
        f"{BASE}/sign-in-requests/<uuid:sign_in_id>/cancel",
        views.CancelSignInView.as_view(),
        name="messages-api-cancel-sign-in",
    ),
    path(f"{BASE}/problems/<slug:code>", views.explain_problem, name="messages-api-problem"),
    re_path(rf"^{BASE}/", views.NowhereView.as_view()),  # last; ``apple_chat`` comes before
]
