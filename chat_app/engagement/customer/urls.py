"""Addresses of the demonstration's site, below ``/demo/``; they exist in a demonstration alone."""

from django.urls import path

from chat_app.engagement.customer import views

urlpatterns = [
    path("", views.site, name="demo"),
    path("chat-token", views.chat_token, name="demo-chat-token"),
]
