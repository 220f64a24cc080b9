"""A page that asks before something is done: the address by GET asks, the same address by POST does it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


@dataclass(frozen=True, slots=True)
class Question:
    """What the page says: what will happen, and on which buttons to go on or to go back."""

    title: Any
    text: Any
    button: Any
    back: str
    is_dangerous: bool = False
    seal: str = ""
    """What the answer carries back, where it counts only for what stood there when the question was asked."""


def ask(model_admin: Any, request: HttpRequest, question: Question) -> HttpResponse:
    """Show the question."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question.title,
        "question": question,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/confirm.html", context)
