"""Which address leads where."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from chatauth_project import health, on_demand

urlpatterns = [
    path("", include("chat_app.chat_authenticate.urls")),  # first: the hot path
    path("", include("chat_app.apple_chat.urls")),
    path("", include("authenticate_app.keys.urls")),
    path("", include("authenticate_app.login.urls")),
    path("", include("authenticate_app.oauth.urls")),
    path("", include("authenticate_app.factors.urls")),
    path("", include("authenticate_app.messages.urls")),
    path("", include("chat_app.engagement.desk.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/schema/", on_demand.view("drf_spectacular.views.SpectacularAPIView"), name="schema"),
    path(
        "api/docs/",
        on_demand.view("drf_spectacular.views.SpectacularSwaggerSplitView", url_name="schema"),
        name="docs",
    ),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
if settings.ENVIRONMENT == "demonstration":
    urlpatterns.append(path("demo/", include("chat_app.engagement.customer.urls")))
if settings.SANDBOX:
    urlpatterns.append(path("sandbox/", include("authenticate_app.sandbox.urls")))

handler400 = "chatauth_project.failures.bad_request"
handler404 = "chatauth_project.failures.not_found"
handler500 = "chatauth_project.failures.server_error"
