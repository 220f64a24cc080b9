"""Addresses of the pages for customers."""

from django.urls import path, re_path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from authenticate_app.login import password_views as passwords
from authenticate_app.login import views, well_known

FORGOTTEN = "account/password/forgotten/"

urlpatterns = [
    path("", require_safe(RedirectView.as_view(pattern_name="login")), name="start"),
    path("login/", views.SignIn.as_view(), name="login"),
    re_path(r"^login/accent/(?P<digits>[0-9a-f]{6})\.css$", views.accent, name="login-accent"),
    path("logout/", views.sign_out, name="logout"),
    path("logged-out/", views.signed_out, name="logged-out"),
    path("account/", views.account, name="account"),
    path("account/password/", passwords.PasswordChange.as_view(), name="password-change"),
    path("account/password/changed/", passwords.changed, name="password-changed"),
    path(FORGOTTEN, passwords.Forgotten.as_view(), name="password-forgotten"),
    path(f"{FORGOTTEN}sent/", passwords.sent, name="password-forgotten-sent"),
    path(f"{FORGOTTEN}<uidb64>/<token>/", passwords.NewPassword.as_view(), name="password-new"),
    path(".well-known/apple-app-site-association", well_known.apple_app_site_association, name="app-site-association"),
    path(".well-known/change-password", well_known.change_password, name="change-password"),
]
