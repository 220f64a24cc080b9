"""*Try a request*: what the routing would do with a request that nobody has sent.

Nothing is stored. The request is read leniently, because only what rules can test matters here; whether the server
would accept it is another question.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from authenticate_app.accounts.names import name_key
from authenticate_app.audit.paging import is_key
from chat_app.adf import strict_json
from chat_app.routing.evaluation import NOT_ROUTED_BY, RoutingRequest
from chat_app.routing.profile import EffectiveValue, OptionCode
from chat_app.routing.selectors import user_level_values
from chat_app.routing.snapshot import Explanation, InterfaceFacts, Routing
from chat_app.routing.texts import text_of

NO_ACCOUNT: Final = 0
"""Stands for the caller where the trial names none; no user has this id."""

LONGEST_REQUEST: Final = 64 * 1024
"""Characters; the server itself takes no longer body either (docs/chat-authenticate.md)."""

UNSTORABLE: Final = {
    strict_json.Unstorable.NUL: "It holds a NUL character",
    strict_json.Unstorable.SURROGATE: "It holds half of a surrogate pair",
}
"""In English, as what Python says of text that is no JSON."""

SAMPLE: Final = """{
  "authUserName": "john.smith@vision.com",
  "businessUnitOrgId": "",
  "productId": "",
  "question": "",
  "customFields": {"tier": "gold"}
}"""


def _line(placeholder: str = "") -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder, "autocomplete": "off"})


class TrialForm(forms.Form):
    """A request to try; the two fields below the JSON text say what is not part of a request's body."""

    request = forms.CharField(
        label=_("Request"),
        max_length=LONGEST_REQUEST,
        initial=SAMPLE,
        help_text=_("The attributes as a JSON object. customFields may be an object or, as on the wire, a string."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 9, "spellcheck": "false", "class": "code-input"}),
    )
    caller_organization = forms.CharField(
        label=_("Caller's organization"),
        required=False,
        max_length=20,
        help_text=_("The party id that stands in the caller's user. Leave it empty for none."),
        widget=_line("300100111705688"),
    )

    speaks_for_others = forms.BooleanField(
        label=_("The caller may ask on behalf of others"),
        required=False,
        initial=True,
        help_text=_("Otherwise no rule sees chatPriority, escalationLevel and assigneeId."),
        widget=UnfoldBooleanWidget(),
    )

    def clean_request(self) -> dict[str, Any]:
        """Read the text as a JSON object, its customFields as another."""
        attributes = _object(self.cleaned_data["request"], _("The request is not valid JSON: %(fault)s."))
        fields = attributes.get("customFields") or {}
        if isinstance(fields, str):
            fields = _object(fields, _("customFields is not valid JSON: %(fault)s."))
        if not isinstance(fields, dict):
            raise ValidationError(_("customFields must be a JSON object, or a string that holds one."))
        return {**attributes, "customFields": fields}


def _object(text: str, message: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ValidationError(message, params={"fault": fault}) from fault
    for _way, reason in strict_json.unstorable_texts(value):
        raise ValidationError(message, params={"fault": UNSTORABLE[reason]})
    if not isinstance(value, dict):
        raise ValidationError(_('Write a JSON object: attributes in braces, such as {"productId": "1"}.'))
    return value


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a tried request. ``interface`` is ``None`` when no enabled interface takes it."""

    interface: InterfaceFacts | None
    explanation: Explanation | None
    chat_enabled: EffectiveValue
    assigned_later: EffectiveValue

    @property
    def refused(self) -> bool:
        return self.chat_enabled.value == "No"

    @property
    def is_assigned_later(self) -> bool:
        return self.assigned_later.value == "Yes"


def try_request(
    routing: Routing,
    *,
    attributes: Mapping[str, Any],
    caller_organization: str,
    speaks_for_others: bool,
    today: date,
) -> Trial:
    """Send a request through ``routing`` and say at each station what happens and why."""
    unseen = {"customFields"} if speaks_for_others else {"customFields", *NOT_ROUTED_BY}
    texts = {name: text_of(value) or "" for name, value in attributes.items() if name not in unseen}
    interface = routing.interface_for(texts.get("businessUnitOrgId"))
    request = RoutingRequest(
        attributes=texts,
        custom_fields=attributes.get("customFields") or {},
        caller_organization=caller_organization.strip(),
        queue_id=int(texts["queueId"]) if is_key(texts.get("queueId", "")) else None,
    )
    return Trial(
        interface=interface,
        explanation=routing.explain(interface, request) if interface else None,
        chat_enabled=_option(routing, OptionCode.ENABLE_CHAT, texts, today),
        assigned_later=_option(routing, OptionCode.WAIT_TIME_ENABLED, texts, today),
    )


def _option(routing: Routing, code: OptionCode, texts: Mapping[str, str], today: date) -> EffectiveValue:
    end_user = name_key(texts.get("authUserName", ""))
    user_values = user_level_values(name_key=end_user, caller_id=NO_ACCOUNT) if routing.profile.has_user_values else {}
    return routing.profile.effective(code, product=texts.get("stripeCode", ""), user_values=user_values, today=today)
