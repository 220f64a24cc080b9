"""The project's addresses with those of the sandbox, which the tests' own settings leave out, as production does."""

from django.urls import include, path

from chatauth_project import urls

urlpatterns = [*urls.urlpatterns, path("sandbox/", include("authenticate_app.sandbox.urls"))]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
