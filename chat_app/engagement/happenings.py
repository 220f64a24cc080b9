"""What happened in an engagement, in order, told from its rows: it can be read long after the events have gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from chat_app.engagement.models import AgentSession, Engagement, Offer, Participant

ANSWERS = {
    Offer.State.ACCEPTED: _("%(name)s took the chat"),
    Offer.State.DECLINED: _("%(name)s declined the chat"),
    Offer.State.EXPIRED: _("%(name)s did not answer the offer"),
    Offer.State.WITHDRAWN: _("The offer to %(name)s was taken back"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One step: when, and what in words."""

    at: datetime
    words: str


def happenings(engagement: Engagement) -> list[Happening]:
    """Tell what happened, the first thing first; three queries."""
    steps = [*_of_engagement(engagement), *_of_offers(engagement), *_of_participants(engagement)]
    return sorted(steps, key=lambda each: each.at)


def _of_engagement(engagement: Engagement) -> Iterator[Happening]:
    yield Happening(engagement.requested_at, str(_("The customer asked for a chat")))
    if engagement.concluded_at is not None:
        words = _("The chat ended: %(reason)s") % {"reason": engagement.get_reason_display()}
        yield Happening(engagement.concluded_at, words)


def _of_offers(engagement: Engagement) -> Iterator[Happening]:
    offers = list(engagement.offers.order_by("pk"))
    names = dict(
        AgentSession.objects.filter(pk__in={offer.agent_session_id for offer in offers}).values_list("pk", "name")
    )
    for offer in offers:
        named = {"name": names.get(offer.agent_session_id, "–")}
        yield Happening(offer.offered_at, str(_("Offered to %(name)s") % named))
        if offer.answered_at is not None and (words := ANSWERS.get(Offer.State(offer.state))):
            yield Happening(offer.answered_at, str(words % named))


def _of_participants(engagement: Engagement) -> Iterator[Happening]:
    for person in engagement.participants.filter(kind=Participant.Kind.AGENT):
        named = {"name": person.name}
        yield Happening(person.joined_at, str(_("%(name)s joined") % named))
        if person.left_at is not None:
            yield Happening(person.left_at, str(_left(person) % named))


def _left(person: Participant) -> Any:
    if person.departure == Participant.Departure.TRANSFERRED_TO_QUEUE:
        return _("%(name)s handed the chat over")
    return _("%(name)s left")
