"""What is read of routing besides the snapshot."""

from collections.abc import Mapping

from django.db.models import Q, Subquery, Value
from django.db.models.functions import Coalesce

from authenticate_app.accounts.models import LoginName
from chat_app.routing.models import ProfileOptionValue


def user_level_values(*, name_key: str, caller_id: int) -> Mapping[str, str]:
    """Read the values that an end user has at the level *User*, by option code. One query.

    The end user's account is the one whose user name or verified e-mail address is ``name_key`` (the form that
    ``accounts.names.name_key`` makes); without one, the caller's values count.
    """
    account = LoginName.objects.filter(key=name_key).filter(
        Q(user__username_key=name_key) | Q(user__email_verified=True)
    )
    values = ProfileOptionValue.objects.filter(
        level=ProfileOptionValue.Level.USER,
        user_id=Coalesce(Subquery(account.values("user_id")[:1]), Value(caller_id)),
    )
    return dict(values.values_list("option_id", "value"))
