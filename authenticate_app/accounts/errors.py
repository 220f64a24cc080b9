"""How a sign-in can fail. None of them tells whether the user exists."""


class SignInFailed(Exception):
    """Unknown user, wrong password, disabled user, no usable password: one answer for all."""


class SignInWait(Exception):
    """Nothing was checked; the password may be right. ``wait``: seconds after which to try again, at least 1.

    ``waits`` says it to people.
    """

    def __init__(self, wait: int) -> None:
        super().__init__(f"wait {wait} s")
        self.wait = max(1, wait)


class SignInThrottled(SignInWait):
    """Too many failed sign-ins of this name from this address, or from this address."""


class SignInBusy(SignInWait):
    """As many passwords as allowed are being checked, and none of the checks ended soon enough."""
