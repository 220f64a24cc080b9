"""Addresses of the agents' desk."""

from django.urls import path

from chat_app.engagement.desk import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/token", views.token, name="desk-token"),
]
