"""What is good once is good once, however many try at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pyotp
import pytest
from django.db import connection

from authenticate_app.accounts.models import User
from authenticate_app.factors import challenges, changes, one_time_codes, recovery
from authenticate_app.factors.challenges import Purpose
from authenticate_app.factors.changes import Deed
from authenticate_app.factors.errors import FactorRefused, LastFactor
from tests.factors.builders import store_passkey
from tests.factors.conftest import NOW, ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def successes(deeds: Sequence[Callable[[], Any]]) -> int:
    """Run all deeds at the same moment, each with a connection of its own; answers how many were not refused."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> bool:
        start.wait()
        try:
            deed()
        except (FactorRefused, LastFactor):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sum(pool.map(run, deeds))


def test_a_one_time_code(jane: User) -> None:
    one_time_codes.store_device(user=jane, secret=SECRET, step=0, now=NOW)
    code = pyotp.TOTP(SECRET).at(NOW)
    assert successes([lambda: one_time_codes.use_code(code, user=jane, now=NOW)] * AT_ONCE) == 1


def test_a_recovery_code(jane: User) -> None:
    code = one_time_codes.read(recovery.make_codes(jane)[0])
    assert successes([lambda: recovery.use_code(code, user=jane, now=NOW)] * AT_ONCE) == 1


def test_a_challenge() -> None:
    challenge = challenges.make(purpose=Purpose.SIGN_IN, holder="browser", now=NOW)
    assert successes([lambda: challenges.spend(challenge)] * AT_ONCE) == 1


def test_the_last_factor_stays(jane: User) -> None:
    User.objects.filter(pk=jane.pk).update(second_factor_required=True)
    jane.refresh_from_db()
    deed = Deed(jane, ORIGIN, NOW)
    passkeys = [store_passkey(jane) for _passkey in range(AT_ONCE)]
    removals = [partial(changes.remove_passkey, deed, passkey=passkey) for passkey in passkeys]
    assert successes(removals) == AT_ONCE - 1
    assert jane.passkeys.count() == 1


def test_only_one_sets_up_the_first_factor(jane: User) -> None:
    deed = Deed(jane, ORIGIN, NOW)
    secrets = [one_time_codes.new_secret() for _secret in range(AT_ONCE)]

    def set_up(secret: str) -> list[str]:
        code = pyotp.TOTP(secret).at(NOW)
        return changes.turn_on_codes(deed, secret=secret, typed_code=code, is_first_factor=True)

    assert successes([partial(set_up, secret) for secret in secrets]) == 1
    assert jane.recovery_codes.count() == recovery.CODES
