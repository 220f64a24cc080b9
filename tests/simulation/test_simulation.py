"""The rules of the conversation hold while processes are killed: a short run of the simulation."""

import pytest

from tests.simulation.simulation import Script, simulate

pytestmark = pytest.mark.faults


def test_a_quarter_of_a_minute_with_deaths_breaks_no_rule() -> None:
    report = simulate(Script(seconds=15, seed=20260504, customers=100, agents=20, restart_database_every=30))
    assert report.broken_rules == [], report.text()
    assert report.kills > 0
    assert report.restarts > 0
    assert report.events["assigned"] > 0
    assert report.events["messages"] > 0
