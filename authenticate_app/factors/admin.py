"""The admin page of a user with what it says of their factors, and the way to take them away."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from authenticate_app.accounts.admin import UserAdmin
from authenticate_app.accounts.models import User
from authenticate_app.accounts.rules import may_set_password
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.factors import changes
from authenticate_app.factors.selectors import Factors, factors_of


@admin.register(User)
class UserWithFactorsAdmin(UserAdmin):
    """Users, with their factors. Secrets and keys are shown nowhere."""

    fieldsets: ClassVar = [
        *UserAdmin.fieldsets,
        (_("Second factor"), {"fields": ["second_factor_required", "factors_held"]}),
    ]
    actions_detail: ClassVar = ["reset_factors"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Nobody frees themselves from what others ask of them, nor somebody who holds what they lack."""
        fixed = super().get_readonly_fields(request, obj)
        is_fixed = obj is not None and not _may_reset(request, obj)
        return [*fixed, "factors_held", *(["second_factor_required"] if is_fixed else [])]

    def has_reset_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may set a user's password may reset their factors, but for their own."""
        user = self.get_object(request, str(object_id)) if object_id else None
        return user is not None and self.has_change_permission(request, user) and _may_reset(request, user)

    @action(
        description=_("Reset second factors"),
        url_path="reset-factors",
        icon="lock_reset",
        variant=ActionVariant.DANGER,
        permissions=["reset"],
    )
    def reset_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take passkeys, authenticator app and recovery codes of somebody who has lost them."""
        user = self.stored_or_404(request, object_id)
        if not self.has_reset_permission(request, object_id):
            raise PermissionDenied(_("You may reset the factors only of others, and who hold nothing that you lack."))
        page = reverse("admin:authenticate_app_user_change", args=[user.pk])
        if request.method != "POST":
            return ask(self, request, _question(user, page))
        _reset(request, user)
        messages.success(request, _("The second factors of “%s” are removed.") % user.username)
        return HttpResponseRedirect(page)

    @display(description=_("has"))
    def factors_held(self, user: User) -> str:
        return _in_words(factors_of(user))


def _may_reset(request: HttpRequest, user: User) -> bool:
    """Their own factors people change on their own page, which makes sure that it is them."""
    actor = signed_in_user(request)
    return actor != user and may_set_password(actor, user)


def _reset(request: HttpRequest, user: User) -> None:
    with transaction.atomic():
        had = changes.reset(user, now=timezone.now())
        record_of_request(
            request,
            event=Event.FACTORS_RESET,
            actor=request.user,
            target=user,
            changes={
                "passkeys": [had.passkeys, 0],
                "authenticator_app": [had.has_code_device, False],
                "recovery_codes": [had.recovery_codes, 0],
            },
        )


def _question(user: User, page: str) -> Question:
    return Question(
        title=_("Reset the second factors of “%s”?") % user.username,
        text=_(
            "Their passkeys, their authenticator app and their recovery codes are removed, and let nobody in any "
            "more; wherever they are signed in, they are signed out. Do this for somebody who has lost them, once you "
            "are sure who asks. If they must have a second factor, they set one up when they next sign in with their "
            "password."
        ),
        button=_("Reset"),
        back=page,
        is_dangerous=True,
    )


def _in_words(factors: Factors) -> str:
    passkeys = ngettext("%(number)d passkey", "%(number)d passkeys", factors.passkeys) % {"number": factors.passkeys}
    left = factors.recovery_codes
    codes = ngettext("%(number)d recovery code", "%(number)d recovery codes", left) % {"number": left}
    found = [
        passkeys if factors.passkeys else "",
        str(_("authenticator app")) if factors.has_code_device else "",
        codes if left else "",
    ]
    return ", ".join(filter(None, found)) or str(_("none"))
