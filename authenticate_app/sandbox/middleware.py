"""What a phone's own browser does around a page: it notices where it is sent, and keeps what belongs to the page apart.

Installed only while the setting ``SANDBOX`` is on, and looks only at browsers that have a sign-in page of the sandbox
open.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from authenticate_app.sandbox.browsers import WITHIN_SHEET, has_sheet, keep_session, lend_session, sheet_of
from authenticate_app.sandbox.device_requests import is_intercepted
from authenticate_app.sandbox.exchanges import Party, answered, received, write_down

FOUND = 302
STYLESHEET = ".css"


class SimulatedSheet:
    """Let a browser be the window that a phone opens for a sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; what a phone would take over leads to the phone's own page."""
        if not request.path_info.startswith(WITHIN_SHEET) or not has_sheet(request):
            return self.get_response(request)
        return self._within_sheet(request)

    def _within_sheet(self, request: HttpRequest) -> HttpResponseBase:
        lend_session(request)
        at = timezone.now()
        sent = received(request, sender=Party.PHONE, receiver=Party.SERVER)
        response = self.get_response(request)
        if (bubble := sheet_of(request)) is not None and not request.path_info.endswith(STYLESHEET):
            write_down(bubble.phone, sent, answered(response), at=at)
        keep_session(response)
        _take_over(response)
        return response


def _take_over(response: HttpResponseBase) -> None:
    location = response.get("Location", "")
    if response.status_code == FOUND and is_intercepted(location):
        response["Location"] = f"{reverse('sandbox-navigated')}?{urlencode({'to': location})}"
