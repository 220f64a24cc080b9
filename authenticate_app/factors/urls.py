"""Addresses of the second step, of passkeys, and of the page on which people look after their factors."""

from django.urls import path

from authenticate_app.factors import account_views as account
from authenticate_app.factors import confirm_views as confirm
from authenticate_app.factors import sign_in_views as sign_in
from authenticate_app.factors.services import CODE_STEP, SET_UP_STEP

SECURITY = "account/security/"

urlpatterns = [
    path("login/code/", sign_in.code_step, name=CODE_STEP),
    path("login/second-factor/", sign_in.set_up_step, name=SET_UP_STEP),
    path("login/passkey/", sign_in.passkey_sign_in, name="login-passkey"),
    path("login/passkey/options/", sign_in.passkey_options, name="login-passkey-options"),
    path(SECURITY, account.security, name=account.PAGE),
    path(f"{SECURITY}confirm/", confirm.confirm, name="account-confirm"),
    path(f"{SECURITY}confirm/passkey/", confirm.confirm_by_passkey, name="account-confirm-passkey"),
    path(f"{SECURITY}confirm/passkey/options/", confirm.passkey_options, name="account-confirm-passkey-options"),
    path(f"{SECURITY}passkeys/", account.add_passkey, name="account-passkey-add"),
    path(f"{SECURITY}passkeys/options/", account.passkey_options, name="account-passkey-options"),
    path(f"{SECURITY}passkeys/<int:pk>/", account.passkey, name="account-passkey"),
    path(f"{SECURITY}passkeys/<int:pk>/remove/", account.remove_passkey, name="account-passkey-remove"),
    path(f"{SECURITY}codes/", account.set_up_codes, name="account-codes"),
    path(f"{SECURITY}codes/off/", account.turn_off_codes, name="account-codes-off"),
    path(f"{SECURITY}recovery-codes/", account.renew_recovery_codes, name="account-recovery-codes"),
]
