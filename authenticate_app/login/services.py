"""What becomes of somebody who proved their password."""

from datetime import datetime

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import complete, keep
from authenticate_app.factors.services import second_step


def proceed(request: HttpRequest, user: User, next_url: str, now: datetime) -> HttpResponseRedirect:
    """Sign ``user`` in and lead them to ``next_url``, or to the step that is to be done before that."""
    step = second_step(user)
    if step is None:
        return complete(request, user, next_url, now=now)
    keep(request, user, next_url, now)
    return redirect(step)
