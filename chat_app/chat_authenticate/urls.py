"""Addresses of ``chatAuthenticate`` (docs/compatibility.md, "Addresses")."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from chat_app.adf.views import NotFoundView
from chat_app.chat_authenticate.views import ChatAuthenticateView, DescribeView, ItemView


class Context(StringConverter):
    """The contexts of Fusion that have the resource."""

    regex = "serviceApi|crmRestApi"


class Version(StringConverter):
    """The versions that are documented, and the one that clients really call."""

    regex = r"11\.13\.0\.0|11\.13\.18\.05|latest"


register_converter(Context, "context")
register_converter(Version, "version")

RESOURCE = "<context:context>/resources/<version:version>/chatAuthenticate"

urlpatterns = [
    path(RESOURCE, ChatAuthenticateView.as_view(), name="chatAuthenticate"),
    path(f"{RESOURCE}/describe", DescribeView.as_view(), name="chatAuthenticate-describe"),
    path(f"{RESOURCE}/<path:auth_user_name>", ItemView.as_view(), name="chatAuthenticate-item"),
    path("<context:context>/<path:elsewhere>", NotFoundView.as_view(), name="nothing-in-context"),
    path("<str:context>/resources/<path:elsewhere>", NotFoundView.as_view(), name="no-context"),
]
