"""The admin page of signing keys: what they are, when they sign, rotate, revoke. Private keys are never shown."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.keys import services
from authenticate_app.keys.certificates import thumbprint
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.selectors import why_nothing_signs

State = SigningKey.State

TONES = {
    State.ANNOUNCED: "info",
    State.SIGNING: "success",
    State.RETIRED: "warning",
    State.DELETED: "default",
    State.REVOKED: "danger",
}


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyModelAdmin):
    """Signing keys with their state; rotating and revoking them."""

    list_display: ClassVar = ["kid", "state", "thumbprint", "signs_from", "retired_at", "deleted_at", "revoked_at"]
    fieldsets: ClassVar = [
        (None, {"fields": [("kid", "state_shown"), "thumbprint"]}),
        (_("Its life"), {"fields": ["created_at", "signs_from", "retired_at", "deleted_at", "revoked_at"]}),
    ]
    readonly_fields: ClassVar = ["state_shown", "thumbprint"]
    actions_list: ClassVar = ["rotate_now"]
    actions_detail: ClassVar = ["revoke"]

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change keys may rotate and revoke them, which is all that can be changed."""
        return bool(request.user.has_perm("authenticate_app.change_signingkey"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and (warning := why_nothing_signs(now=timezone.now())):
            messages.error(request, warning)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    @action(description=_("Rotate now"), url_path="rotate", icon="autorenew", permissions=["manage"])
    def rotate_now(self, request: HttpRequest) -> HttpResponse:
        """Ask, then announce the successor of the key that signs."""
        if request.method != "POST":
            return ask(self, request, _rotation_question())
        _tell_of_rotation(request, services.rotate(now=timezone.now(), actor=signed_in_user(request)))
        return HttpResponseRedirect(_list())

    @action(
        description=_("Revoke"),
        url_path="revoke",
        icon="gpp_bad",
        variant=ActionVariant.DANGER,
        permissions=["manage"],
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take a compromised key out of the key set at once."""
        key = self.stored_or_404(request, object_id)
        if request.method != "POST":
            return ask(self, request, _revocation_question(key))
        services.revoke(key=key, now=timezone.now(), actor=signed_in_user(request))
        messages.success(request, _("The key “%s” is revoked.") % key.kid)
        return HttpResponseRedirect(_list())

    @display(description=_("state"), label={state.value: tone for state, tone in TONES.items()})
    def state(self, key: SigningKey) -> tuple[str, Any]:
        state = key.state(now=timezone.now())
        return state.value, state.label

    @display(description=_("state"))
    def state_shown(self, key: SigningKey) -> str:
        return str(key.state(now=timezone.now()).label)

    @display(description=_("thumbprint (x5t)"))
    def thumbprint(self, key: SigningKey) -> str:
        return thumbprint(bytes(key.certificate))


def _tell_of_rotation(request: HttpRequest, rotation: services.Rotation) -> None:
    names = {
        "kid": rotation.key.kid,
        "time": date_format(timezone.localtime(rotation.key.signs_from), "DATETIME_FORMAT"),
    }
    if rotation.is_new:
        messages.success(request, _("The key “%(kid)s” is announced and signs from %(time)s.") % names)
    else:
        messages.info(request, _("The key “%(kid)s” was announced already and signs from %(time)s.") % names)


def _rotation_question() -> Question:
    return Question(
        title=_("Rotate the signing key?"),
        text=_(
            "A new key is made now and announced in the key set. It takes over signing by itself as soon as every "
            "verifier has had the time to fetch it, and the present key stays in the key set until its last token has "
            "expired. No request fails meanwhile."
        ),
        button=_("Rotate"),
        back=_list(),
    )


def _revocation_question(key: SigningKey) -> Question:
    return Question(
        title=_("Revoke the key “%s”?") % key.kid,
        text=_(
            "Do this when somebody else may have the private key. It leaves the key set at once, and every token that "
            "it signed is refused from now on. If it is the key that signs, another one takes over at once. "
            "This cannot be undone."
        ),
        button=_("Revoke"),
        back=_list(),
        is_dangerous=True,
    )


def _list() -> str:
    return reverse("admin:authenticate_app_signingkey_changelist")
