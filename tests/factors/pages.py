"""A browser for the pages about factors: signed in or on the way, at the public address, with an authenticator."""

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pyotp
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR, AUTH_TIME
from authenticate_app.factors import one_time_codes
from authenticate_app.factors.sign_in_views import WITH_CODE
from tests import pages
from tests.factors.authenticator import Authenticator

PASSWORD = "correct horse"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NEXT = "/account/?from=elsewhere"
LOGIN, CODE, SET_UP = "/login/", "/login/code/", "/login/second-factor/"
SECURITY = "/account/security/"
CONFIRM = f"{SECURITY}confirm/"
TAG = re.compile(r"<[^>]+>")


class Browser(pages.Browser):
    """A test client at the public address, which keeps the cookie that guards forms as a browser would."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **{**kwargs, "HTTP_HOST": "chat.example.com"})

    def sign_in(self, user: User, *, next_url: str = NEXT) -> Any:
        form = {"username": user.username, "password": PASSWORD}
        return self.post(LOGIN, form, query_params={"next": next_url})

    def signed_in_long_ago(self) -> None:
        """Let an hour pass since this browser signed in."""
        session = self.session
        session[AUTH_TIME] = int((timezone.now() - timedelta(hours=1)).timestamp())
        session.save()

    def showed_a_second_factor(self) -> None:
        """Let this browser have signed in with more than a password."""
        session = self.session
        session[AMR] = list(WITH_CODE)
        session.save()

    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.session

    def passkey_options(self, address: str) -> dict[str, Any]:
        response = self.get(address)
        assert response.status_code == 200, response.status_code
        assert "no-store" in response["Cache-Control"]
        options: dict[str, Any] = json.loads(response.content)
        return options

    def use_passkey(self, authenticator: Authenticator, address: str = "/login/passkey/", **query: str) -> Any:
        raw = authenticator.use(self.passkey_options(f"{address}options/"))
        return self.post(address, {"credential": raw}, query_params=query)

    def add_passkey(self, authenticator: Authenticator, name: str = "Phone") -> Any:
        raw = authenticator.make(self.passkey_options(f"{SECURITY}passkeys/options/"))
        return self.post(f"{SECURITY}passkeys/", {"credential": raw, "name": name})


def turn_on_codes(user: User) -> None:
    one_time_codes.store_device(user=user, secret=SECRET, step=0, now=timezone.now())


def code(secret: str = SECRET, *, at: datetime | None = None) -> str:
    return pyotp.TOTP(secret).at(at or timezone.now())


def wrong_code() -> str:
    """A code of no time near this one."""
    near = {pyotp.TOTP(SECRET).at(timezone.now(), counter_offset=step) for step in range(-3, 4)}
    return next(
        each
        for each in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
        if each not in near
    )


def words_of(response: Any) -> str:
    """What a reader of the page sees, without markup."""
    return html.unescape(" ".join(TAG.sub(" ", response.content.decode()).split()))
