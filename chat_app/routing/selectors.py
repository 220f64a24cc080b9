"""What is read of routing besides the snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DO_NOTHING, Model, Q, Subquery, Value
from django.db.models.fields.reverse_related import ManyToOneRel
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from authenticate_app.accounts.models import LoginName, User
from chat_app.routing.models import Interface, ProfileOption, ProfileOptionValue, Queue
from chat_app.routing.profile import EffectiveValue, load_profile


@dataclass(frozen=True, slots=True)
class DescribedOption:
    """A profile option, the value that is in force for somebody, and where it comes from."""

    option: ProfileOption
    effective: EffectiveValue


def user_level_values(*, name_key: str, caller_id: int) -> Mapping[str, str]:
    """Read the values that an end user has at the level *User*, by option code. One query.

    The end user's account is the one whose user name or verified e-mail address is ``name_key`` (the form that
    ``accounts.names.name_key`` makes); without one, the caller's values count.
    """
    account = LoginName.objects.filter(key=name_key).filter(
        Q(user__username_key=name_key) | Q(user__email_verified=True)
    )
    return _values_of_user(Coalesce(Subquery(account.values("user_id")[:1]), Value(caller_id)))


def describe_effective(*, user: User | None, product: str, today: date) -> list[DescribedOption]:
    """Say for every option which value is in force for ``user`` and ``product``, and which level gave it."""
    profile = load_profile()
    values = _values_of_user(user.pk) if user else {}
    return [
        DescribedOption(
            option=option,
            effective=profile.effective(option.code, product=product, user_values=values, today=today),
        )
        for option in ProfileOption.objects.all()
    ]


def reasons_to_keep_queue(*, queue: Queue) -> list[str]:
    """List, in sentences, why a queue cannot be deleted; empty if it can."""
    reasons = []
    if queue.is_default:
        reasons.append(_("This is the default queue of its interface. Make another queue the default first."))
    if rules := list(queue.rules.values_list("name", flat=True)[:5]):
        reasons.append(_("Assignment rules give chats to it: %(rules)s.") % {"rules": ", ".join(rules)})
    if _is_referred_to(queue):
        reasons.append(_("Chat sessions refer to it. Disable it instead, then it gets no more chats."))
    return reasons


def reasons_to_keep_interface(*, interface: Interface) -> list[str]:
    """List, in sentences, why an interface cannot be deleted; empty if it can."""
    reasons = []
    if interface.is_default:
        reasons.append(_("This is the default interface. Make another interface the default first."))
    if queues := list(interface.queues.filter(is_default=False).values_list("name", flat=True)[:5]):
        reasons.append(_("It has queues besides its default one: %(queues)s.") % {"queues": ", ".join(queues)})
    if _is_referred_to(interface):
        reasons.append(_("Chat sessions refer to it. Disable it instead, then it takes no more chats."))
    return reasons


def _values_of_user(user_id: Any) -> Mapping[str, str]:
    values = ProfileOptionValue.objects.filter(level=ProfileOptionValue.Level.USER, user_id=user_id)
    return dict(values.values_list("option_id", "value"))


def _is_referred_to(row: Model) -> bool:
    """Tell whether rows that deleting would leave behind refer to ``row``.

    Those are the sessions. Routing stands below them and cannot name them, so it asks Django for the relations.
    """
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: row}).exists()
        for relation in row._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.on_delete is DO_NOTHING
    )
