"""Admin pages of Apple Messages for Business; procrastinate's own, of jobs, are nobody's business but the log's."""

from django.contrib import admin
from procrastinate.contrib.django import admin as _registers_its_pages  # noqa: F401 - before they are taken out
from procrastinate.contrib.django.models import ProcrastinateJob

from authenticate_app.messages.admin.businesses import BusinessAdmin, MspAccountAdmin
from authenticate_app.messages.admin.conversations import ConversationAdmin
from authenticate_app.messages.admin.deliveries import WebhookDeliveryAdmin
from authenticate_app.messages.admin.identities import LinkedIdentityAdmin
from authenticate_app.messages.admin.sign_ins import SignInRequestAdmin

admin.site.unregister(ProcrastinateJob)

__all__ = [
    "BusinessAdmin",
    "ConversationAdmin",
    "LinkedIdentityAdmin",
    "MspAccountAdmin",
    "SignInRequestAdmin",
    "WebhookDeliveryAdmin",
]
