"""The admin's own pages of clients: choose a purpose, see a secret once, test a client."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.oauth.admin_columns import addresses_of
from authenticate_app.oauth.admin_forms import ClientTrialForm
from authenticate_app.oauth.admin_texts import DESCRIPTIONS
from authenticate_app.oauth.client_test import Trial, example_of, findings_of
from authenticate_app.oauth.client_trial import Examiner
from authenticate_app.oauth.findings import faults
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import CLIENT_CREDENTIALS, Purpose

FOLDER = "admin/authenticate_app/client"


def purpose_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Let the administrator choose what a new client is for."""
    purposes = [{"purpose": purpose, "description": text} for purpose, text in DESCRIPTIONS.items()]
    return _page(model_admin, request, "purpose", title=_("New client"), purposes=purposes)


def secret_page(
    model_admin: Any, request: HttpRequest, client: Client, secret: str, *, is_renewed: bool = False
) -> HttpResponse:
    """Show a secret, once: it goes into this answer and is kept nowhere."""
    facts = [(_("Client id"), client.client_id), (_("Client secret"), secret), *addresses_of(client)]
    response = _page(
        model_admin,
        request,
        "secret",
        title=_("Client secret"),
        client=client,
        facts=[{"label": label, "value": value} for label, value in facts],
        is_renewed=is_renewed,
        reaches_phones=client.purpose == Purpose.APPLE_LEGACY,
        client_url=address(client),
        test_url=address(client, "test"),
    )
    add_never_cache_headers(response)
    return response


def test_page(model_admin: Any, request: HttpRequest, client: Client) -> HttpResponse:
    """Show the form; look at what was filled in, and say in words what is right and what is wrong."""
    form = _trial_form(request, client)
    findings = []
    if request.method == "POST" and form.is_valid():
        examiner = Examiner(signed_in_user(request), timezone.now())
        findings = findings_of(client, Trial(**form.cleaned_data), examiner)
    response = _page(
        model_admin,
        request,
        "test",
        title=_("Test “%s”") % client,
        client=client,
        client_url=address(client),
        form=form,
        findings=findings,
        faults=faults(findings),
        example=example_of(client),
    )
    add_never_cache_headers(response)
    return response


def address(client: Client, page: str = "change") -> str:
    """The address of a page about ``client``: ``change``, ``test``."""
    return reverse(f"admin:authenticate_app_client_{page}", args=[client.pk])


def _trial_form(request: HttpRequest, client: Client) -> ClientTrialForm:
    form = ClientTrialForm(request.POST if request.method == "POST" else None)
    surplus = ["request", "redirect_uri"] if client.authorization_grant_type == CLIENT_CREDENTIALS else ["scope"]
    if not client.is_confidential:
        surplus.append("secret")
    for name in surplus:
        del form.fields[name]
    return form


def _page(model_admin: Any, request: HttpRequest, template: str, **content: Any) -> TemplateResponse:
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, **content}
    return TemplateResponse(request, f"{FOLDER}/{template}.html", context)
