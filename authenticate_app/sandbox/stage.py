"""Where a scenario is played: a phone, a customer who can sign in, and the business that asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.sandbox import asker, services
from authenticate_app.sandbox.asker import wait_for
from authenticate_app.sandbox.customer import ALLOW, Customer
from authenticate_app.sandbox.exchanges import Party, Sent
from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone
from authenticate_app.sandbox.phone import FORM, Phone
from authenticate_app.sandbox.selectors import sign_in_bubbles
from authenticate_app.sandbox.sign_in_message import Flow

END_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the customer who signs in."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to sign in, and the bubble that it became on the phone."""

    request: SignInRequest
    bubble: SandboxBubble


class Stage:
    """One phone with what happens to it."""

    def __init__(self, row: SandboxPhone, credentials: Credentials, clock: Callable[[], datetime]) -> None:
        self.phone = Phone(row, clock=clock)
        self.credentials = credentials

    def request(self) -> SignInRequest:
        """Have the business ask the customer to sign in, and do not wait for what comes of it."""
        return asker.ask_to_sign_in(self.phone)

    def ask(self) -> Asked:
        """Have the business ask, and wait until the phone shows it. Raises ``asker.TookTooLong``."""
        request = self.request()

        def shown() -> SandboxBubble | None:
            return sign_in_bubbles(self.phone.row).get(request.pk)

        return Asked(request, wait_for(shown, what="The message did not reach the phone"))

    def customer(self) -> Customer:
        """A customer in a fresh window."""
        return Customer(self.phone.line, name=self.credentials.name, password=self.credentials.password)

    def sign_in(self, asked: Asked, *, decision: str = ALLOW) -> str:
        """Open the form, sign in, and let the phone take over at the end; answers where that was."""
        with self.customer() as customer:
            url = customer.sign_in(self.phone.open(asked.bubble), decision=decision)
        self.phone.arrive(asked.bubble, url)
        return url

    def come_to_callback(self, asked: Asked) -> str:
        """Sign in, and stop just before our callback; answers its address with the code."""
        redirect_uri = services.sign_in_message_of(asked.bubble).redirect_uri
        with self.customer() as customer:
            return customer.sign_in(self.phone.open(asked.bubble), until=redirect_uri)

    def get(self, url: str) -> str:
        """Open a page without cookies; answers where it redirects to, or ""."""
        return self.phone.fetch(url) or ""

    def post_form(self, path: str, form: bytes) -> bytes:
        """Post a form as the phone does; answers the body."""
        url, headers = settings.PUBLIC_BASE_URL + path, [("content-type", FORM)]
        response = self.phone.line.send(Sent(Party.PHONE, Party.SERVER, "POST", url, headers, form, FORM))
        return response.content if response is not None else b""

    def wait_for_end(self, request: SignInRequest) -> SignInRequest:
        """Wait for a final state. Raises ``asker.TookTooLong``."""
        ended = SignInRequest.objects.filter(pk=request.pk, ended_at__isnull=False)
        return wait_for(ended.first, what="The sign-in did not end", seconds=END_SECONDS)


def new_stage(business: Business, flow: Flow, credentials: Credentials) -> Stage:
    """Hand a customer a new phone."""
    row = services.new_phone(business=business, flow=flow, now=timezone.now())
    return Stage(row, credentials, timezone.now)
