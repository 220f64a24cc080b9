"""What an administrator should look at, shown on the pages where it can be put right."""

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest

from chat_app.routing.advice import advice

AT_MOST = 5
"""A page with more warnings than that is not read."""


def show_advice(request: HttpRequest, *, about: type[Model], pk: str | None = None) -> None:
    """Show the advice about rows of ``about``, or only about the one with the key ``pk``."""
    concerned = [each for each in advice() if isinstance(each.about, about)]
    if pk is not None:
        concerned = [each for each in concerned if each.about is not None and str(each.about.pk) == pk]
    for each in concerned[:AT_MOST]:
        messages.warning(request, each.message)
