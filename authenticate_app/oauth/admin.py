"""Admin pages of OAuth clients; those of codes and tokens stand in ``admin_tokens``."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from authenticate_app.accounts.rules import may_lend
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.audit.confirmation import ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.services import record_of_request
from authenticate_app.oauth import admin_pages, admin_texts
from authenticate_app.oauth.admin_columns import ClientColumns, fieldsets, readonly_fields
from authenticate_app.oauth.admin_forms import ClientForm
from authenticate_app.oauth.client_services import renew_secret
from authenticate_app.oauth.models import AccessToken, Client, Grant, IDToken, RefreshToken
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.oauth.services import revoke_all, set_new_secret

for _model in (AccessToken, Client, Grant, IDToken, RefreshToken):
    admin.site.unregister(_model)  # the toolkit's pages know nothing of our rules


@admin.register(Client)
class ClientAdmin(ClientColumns, AuditedModelAdmin):
    """Clients: made by purpose, given a secret that is shown once, tested, and stripped of what they were given."""

    form = ClientForm
    list_display: ClassVar = ["names", "purpose", "concessions", "state", "created"]
    list_filter: ClassVar = [("purpose", ChoicesDropdownFilter), "is_active"]
    list_filter_submit = True
    search_fields: ClassVar = ["name", "display_name", "client_id"]
    search_help_text = _("Name or client id")
    ordering: ClassVar = ["name", "id"]
    autocomplete_fields: ClassVar = ["acting_user"]
    actions_detail: ClassVar = ["test", "new_secret", "revoke_all"]
    actions: ClassVar[Any] = None

    def get_form(self, request: HttpRequest, obj: Client | None = None, **kwargs: Any) -> Any:
        """Tell the form who acts, and what the client is for."""
        form = super().get_form(request, obj, **kwargs)
        asked = set(flatten_fieldsets(self.get_fieldsets(request, obj))) - set(self.get_readonly_fields(request, obj))
        not_asked = dict.fromkeys(form.declared_fields.keys() - asked)
        return type(form.__name__, (form,), {"actor": request.user, "purpose": _purpose(request, obj), **not_asked})

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """Ask only for what the purpose leaves open; say why somebody who may change others cannot change this one."""
        shown = fieldsets(_purpose(request, obj), client=obj, is_form=self._is_form(request, obj))
        if obj is None or not super().has_change_permission(request) or _may_manage(request, obj):
            return shown
        (title, content), *others = shown
        return [(title, {**content, "description": admin_texts.ACTS_AS_SOMEBODY_GREATER}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> list[str]:
        return readonly_fields()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _may_manage(request, obj)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change this client may make it a new secret."""
        client = self.get_object(request, str(object_id)) if object_id else None
        return self.has_change_permission(request, client)

    def has_curb_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change clients may test this one and take from it, even one that they may not change."""
        return bool(super().has_change_permission(request))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the purpose, then for what it leaves open."""
        if self.has_add_permission(request) and request.GET.get("purpose") not in Purpose.values:
            return admin_pages.purpose_page(self, request)
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the client; a new one gets the secret that the answer to this very request shows."""
        if not change and obj.is_confidential:
            obj.secret_to_show = set_new_secret(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Show the secret; a client without one is shown itself."""
        if secret := obj.__dict__.pop("secret_to_show", None):
            return admin_pages.secret_page(self, request, obj, secret)
        messages.success(request, _("The client “%s” was made. It has no secret.") % obj)
        return _back_to(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the clients alone: with each go its codes and tokens, and those may be very many."""
        return [str(each) for each in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Client) -> None:
        """Delete what the client was given, then the client."""
        revoke_all(now=timezone.now(), client=obj)
        super().delete_model(request, obj)

    @action(description=_("Test this client"), url_path="test", icon="troubleshoot", permissions=["curb"])
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Look at what an application sends, and say in words what is right and what is wrong."""
        return admin_pages.test_page(self, request, self.stored_or_404(request, object_id))

    @action(description=_("New secret"), url_path="new-secret", icon="key", permissions=["manage"])
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then replace the secret and show the new one once."""
        client = self.stored_or_404(request, object_id)
        if not client.is_confidential:
            messages.info(request, _("This client has no secret, and needs none."))
            return _back_to(client)
        if request.method != "POST":
            return ask(self, request, admin_texts.new_secret_question(client, back=admin_pages.address(client)))
        if secret := self._renewed(request, client):
            return admin_pages.secret_page(self, request, client, secret, is_renewed=True)
        messages.warning(request, admin_texts.SECRET_RENEWED_MEANWHILE)
        return _back_to(client)

    @action(
        description=_("Revoke all"),
        url_path="revoke-all",
        icon="gpp_bad",
        variant=ActionVariant.DANGER,
        permissions=["curb"],
    )
    def revoke_all(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take back every code and token of the client."""
        client = self.stored_or_404(request, object_id)
        if request.method != "POST":
            return ask(self, request, admin_texts.revocation_question(client, back=admin_pages.address(client)))
        with transaction.atomic():
            revoked = revoke_all(now=timezone.now(), client=client)
            changes = admin_texts.counts(revoked)
            record_of_request(
                request, event=Event.OAUTH_TOKENS_REVOKED, actor=request.user, target=client, changes=changes
            )
        messages.success(request, admin_texts.revoked(client, revoked))
        return _back_to(client)

    def _is_form(self, request: HttpRequest, client: Client | None) -> bool:
        """Whether there is anything to fill in, or everything is shown as text."""
        return self.has_add_permission(request) if client is None else self.has_change_permission(request, client)

    def _renewed(self, request: HttpRequest, client: Client) -> str | None:
        """Replace the secret, unless it is another one than when the question was asked: a page that is sent twice."""
        if request.POST.get("seal") != admin_texts.seal_of_secret(client):
            return None
        with transaction.atomic():
            if secret := renew_secret(client=client):
                record_of_request(request, event=Event.CLIENT_SECRET_MADE, actor=request.user, target=client)
        return secret


def _purpose(request: HttpRequest, client: Client | None) -> Purpose:
    return Purpose(client.purpose if client else request.GET["purpose"])


def _may_manage(request: HttpRequest, client: Any) -> bool:
    """Whether the administrator may have this client's secret, and so act as its user."""
    acting_user = client.acting_user if isinstance(client, Client) else None
    return acting_user is None or may_lend(signed_in_user(request), acting_user)


def _back_to(client: Client) -> HttpResponse:
    return HttpResponseRedirect(admin_pages.address(client))
