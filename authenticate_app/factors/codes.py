"""The step after a right password: a one-time code or a recovery code, each good once.

The story of one code: a failure is claimed, then the code is looked at, then success gives the claim back. All
addresses share one allowance for each user, and a right password does not renew it: whoever tries codes has it.
"""

from datetime import datetime

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.factors import logs, notices, one_time_codes, recovery
from authenticate_app.factors.errors import CodeThrottled, FactorRefused
from authenticate_app.factors.metrics import Factor, Outcome, count
from authenticate_app.throttling.claims import Scope
from authenticate_app.throttling.failures import ClaimedFailure, claim_failure


def use_code(typed: str, *, user: User, origin: Origin, now: datetime) -> Factor:
    """Accept a code of ``user``, who has proven the password; answers which kind it was.

    Four statements, and one for what is audited.

    Raises:
        FactorRefused: it is no code of theirs, or was used before, or the user was disabled meanwhile.
        CodeThrottled: too many codes of this user were wrong; this one was not looked at.
    """
    code = one_time_codes.read(typed)
    factor = Factor.RECOVERY_CODE if recovery.is_one(code) else Factor.ONE_TIME_CODE
    claimed = claim_failure(
        f"codes of user {user.pk}", scope=Scope.CODES, user_id=user.pk, address=origin.address, now=now
    )
    if not claimed.is_granted:
        raise _throttled(factor, claimed, user=user, origin=origin, now=now)
    try:
        _use(code, factor, user=user, now=now)
    except FactorRefused as refused:
        count(factor, Outcome.REFUSED)
        logs.write(Event.SECOND_STEP_FAILED, user=user, origin=origin, now=now, reason=refused.reason)
        raise
    claimed.give_back(user_id=user.pk, now=now)
    _note_success(factor, user=user, origin=origin, now=now)
    return factor


def _use(code: str, factor: Factor, *, user: User, now: datetime) -> None:
    if factor is Factor.RECOVERY_CODE:
        recovery.use_code(code, user=user, now=now)
    else:
        one_time_codes.use_code(code, user=user, now=now)


def _note_success(factor: Factor, *, user: User, origin: Origin, now: datetime) -> None:
    count(factor, Outcome.ACCEPTED)
    if factor is Factor.RECOVERY_CODE:
        logs.write(Event.RECOVERY_CODE_USED, user=user, origin=origin, now=now)
        notices.tell(Event.RECOVERY_CODE_USED, user=user, now=now)


def _throttled(factor: Factor, claimed: ClaimedFailure, *, user: User, origin: Origin, now: datetime) -> CodeThrottled:
    count(factor, Outcome.THROTTLED)
    if claimed.note_refusal(now=now):
        logs.write(Event.SECOND_STEP_THROTTLED, user=user, origin=origin, now=now, reason="too-many-failures")
        notices.tell(Event.SECOND_STEP_THROTTLED, user=user, now=now)
    return CodeThrottled(claimed.wait(now=now))
