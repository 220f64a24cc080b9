"""``make simulate ARGS="--minutes 10"``: prints the report; fails if a rule was broken."""

import argparse
import sys
import time

from tests.simulation.simulation import Script, simulate


def main() -> int:
    """Read the arguments, simulate, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long things are killed (default: 10)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what chance is made of")
    parser.add_argument("--customers", type=int, default=200, help="how many at a time")
    parser.add_argument("--agents", type=int, default=40, help="how many at a time")
    arguments = parser.parse_args()
    report = simulate(
        Script(
            seconds=60 * arguments.minutes,
            seed=arguments.seed,
            customers=arguments.customers,
            agents=arguments.agents,
        )
    )
    sys.stdout.write(report.text() + "\n")
    return 1 if report.broken_rules else 0


if __name__ == "__main__":
    raise SystemExit(main())
