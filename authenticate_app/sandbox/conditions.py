"""What a simulated phone lives with: all that can go wrong at it, or between it and others."""

from collections.abc import Mapping
from dataclasses import dataclass

from authenticate_app.sandbox.faults import Fault

PADDING = 12_000
"""Bytes that make a reply larger than what fits into one message."""
PATIENT_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a phone behaves; without any arguments as a good one does."""

    network_code: int | None = None
    """Of ``NSURLErrorDomain``: the phone does not reach the token endpoint."""
    token_answer: bytes | None = None
    """What comes instead of the token endpoint's answer."""
    client_secret: str | None = None
    """What the phone takes for the client secret."""
    response_encryption_key: str | None = None
    """What the phone takes for the key to encrypt with."""
    breaks_while_encrypting: bool = False
    status: str = ""
    """What the reply says instead of what is true."""
    copies: int = 1
    """How often the reply is sent, each time under another id; 0: it is lost."""
    padding: int = 0
    """Bytes that the reply is larger by."""
    seconds_before_reply: float = 0
    closes_sheet: bool = False
    """The customer closes the page at its very end, so that the phone sees no redirect."""
    refuses: bool = False
    """The customer refuses the permission."""
    replies_early: bool = False
    """A page that was opened claims success before the customer has signed in."""
    forges: bool = False
    """Some page claims success, and the customer never signs in."""

    @property
    def is_over_at_once(self) -> bool:
        """Whether a tap on the bubble leads to no sign-in."""
        return self.closes_sheet or self.refuses or self.forges


ANOTHER_KEY = (
    "BBviIsxJLHB1y3ckN1Kv5ioSG3PfQXr+RABWBBt+7gOjRVxCoTh5B8Np1mAIjGvTbe5tx6r0urWqRMUi7VzsqEHy1ANie1zYFRzTqUhB8ClPQT"
    "N/Q0Yuu5BgfE5BKAlzhQ=="
)
"""A good key that nobody holds the other half of."""

OF_FAULT: Mapping[str, Conditions] = {
    Fault.SHEET_CLOSED: Conditions(closes_sheet=True),
    Fault.CONSENT_REFUSED: Conditions(refuses=True),
    Fault.REPLY_LOST: Conditions(copies=0),
    Fault.REPLY_DOUBLED: Conditions(copies=2),
    Fault.REPLY_EARLY: Conditions(replies_early=True),
    Fault.REPLY_LARGE: Conditions(padding=PADDING),
    Fault.REPLY_SLOW: Conditions(seconds_before_reply=PATIENT_SECONDS),
    Fault.SUCCESS_FORGED: Conditions(forges=True),
    Fault.WRONG_KEY: Conditions(response_encryption_key=ANOTHER_KEY),
}


def conditions_of(fault: str) -> Conditions:
    """What a fault that was chosen at the page means for the phone; those of the gateway leave it as it is."""
    return OF_FAULT.get(fault, Conditions())
