"""What the people of a simulation did and what they were told, as they themselves note it down."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Told(NamedTuple):
    """An entry of ``getMessages``."""

    sequence: int
    name: str
    engagement_id: int
    fields: dict[str, Any]


@dataclass
class View:
    """What one session id was told, in the order in which it came.

    ``acknowledges``: whether its client says what it has; then it must get everything exactly once. ``doubles``: what
    it was given again. ``faults``: what must not be, in sentences.
    """

    who: str
    acknowledges: bool
    told: list[Told] = field(default_factory=list)
    doubles: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def position(self) -> int:
        """Up to where it has everything."""
        return self.told[-1].sequence if self.told else 0

    def take(self, entries: list[dict[str, Any]]) -> list[Told]:
        """Note the entries of an answer; return those that are new."""
        new = []
        for entry in entries:
            told = Told(entry["sequenceNumber"], entry["messageName"], entry.get("engagementId") or 0, entry)
            if told.sequence <= self.position:
                self._note_double(told)
                continue
            if told.sequence != self.position + 1:
                self.faults.append(f"{self.who} was told {told.sequence} after {self.position}.")
            self.told.append(told)
            new.append(told)
        return new

    def _note_double(self, told: Told) -> None:
        self.doubles += 1
        if self.acknowledges:
            self.faults.append(f"{self.who}, who acknowledges, was told {told.sequence} again.")


@dataclass
class Ledger:
    """Everything that was noted down.

    ``posted``: by engagement and writer, the messages that were answered 200, in the order of the answers.
    ``unsure``: messages of which nobody knows whether they were stored. ``customers``: by engagement, the views of its
    customer, the last one of which knows everything, but for those in ``left``: it ended while its customer was on
    their way back, and got into another one. ``agents``: the views of agents.
    """

    posted: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    customers: dict[int, list[View]] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    agents: list[View] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    def note_posted(self, engagement_id: int, writer: str, body: str) -> None:
        """A message was answered 200."""
        self.posted.setdefault((engagement_id, writer), []).append(body)
        self.events["messages"] += 1
