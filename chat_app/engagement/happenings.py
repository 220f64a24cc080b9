"""What happened in an engagement, in order, told from its rows: it can be read long after the events have gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chat_app.engagement.models import AgentSession, Engagement, Offer, Participant

ANSWERS = {
    Offer.State.ACCEPTED: _("%(name)s took the chat"),
    Offer.State.DECLINED: _("%(name)s declined the chat"),
    Offer.State.EXPIRED: _("%(name)s did not answer the offer"),
    Offer.State.WITHDRAWN: _("The offer to %(name)s was taken back"),
}


LATEST: Final = 100
"""Offers, and participants, of one engagement that are shown; one that nobody takes is offered again and again."""

Row = TypeVar("Row", Offer, Participant)


@dataclass(frozen=True, slots=True)
class Latest(Generic[Row]):
    """The newest of an engagement's rows, in order, and how many there are of all."""

    rows: list[Row]
    number: int

    @property
    def is_cut(self) -> bool:
        """Whether earlier ones are left out."""
        return len(self.rows) < self.number


@dataclass(frozen=True, slots=True)
class Happening:
    """One step: when, and what in words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class History:
    """Steps, the first thing first. ``offers`` and ``people`` (agents) say whether there are earlier ones."""

    steps: list[Happening]
    offers: Latest[Offer]
    people: Latest[Participant]


def happenings(engagement: Engagement) -> History:
    """Tell what happened; three queries, and one more for each that there are many of."""
    offers = latest(engagement.offers.all())
    people = latest(engagement.participants.filter(kind=Participant.Kind.AGENT))
    steps = [*_of_engagement(engagement), *_of_offers(offers.rows), *_of_participants(people.rows)]
    return History(sorted(steps, key=lambda each: each.at), offers, people)


def latest(rows: "QuerySet[Row]") -> Latest[Row]:
    """Return the newest rows; they are counted only where there are more than that."""
    found = list(rows.order_by("-pk")[: LATEST + 1])
    number = len(found) if len(found) <= LATEST else rows.count()
    return Latest(found[:LATEST][::-1], number)


def _of_engagement(engagement: Engagement) -> Iterator[Happening]:
    yield Happening(engagement.requested_at, str(_("The customer asked for a chat")))
    if engagement.concluded_at is not None:
        words = _("The chat ended: %(reason)s") % {"reason": engagement.get_reason_display()}
        yield Happening(engagement.concluded_at, words)


def _of_offers(offers: list[Offer]) -> Iterator[Happening]:
    names = dict(
        AgentSession.objects.filter(pk__in={offer.agent_session_id for offer in offers}).values_list("pk", "name")
    )
    for offer in offers:
        named = {"name": names.get(offer.agent_session_id, "–")}
        yield Happening(offer.offered_at, str(_("Offered to %(name)s") % named))
        if offer.answered_at is not None and (words := ANSWERS.get(Offer.State(offer.state))):
            yield Happening(offer.answered_at, str(words % named))


def _of_participants(people: list[Participant]) -> Iterator[Happening]:
    for person in people:
        named = {"name": person.name}
        yield Happening(person.joined_at, str(_("%(name)s joined") % named))
        if person.left_at is not None:
            yield Happening(person.left_at, str(_left(person) % named))


def _left(person: Participant) -> Any:
    if person.departure == Participant.Departure.TRANSFERRED_TO_QUEUE:
        return _("%(name)s handed the chat over")
    return _("%(name)s left")
