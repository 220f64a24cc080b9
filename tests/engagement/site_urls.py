"""The project's addresses with the demonstration's site, which the tests' settings leave out, as production does."""

from django.urls import include, path

from chatauth_project import urls

urlpatterns = [*urls.urlpatterns, path("demo/", include("chat_app.engagement.customer.urls"))]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
