"""``manage.py simulate_sign_in``: sign-ins in Apple Messages for Business without Apple, and without a browser."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from authenticate_app.sandbox import simulation
from authenticate_app.sandbox.printing import Paint, lines_of, painter
from authenticate_app.sandbox.simulation import NotReady, Outcome
from authenticate_app.sandbox.stage import Credentials
from chatauth_project import demonstration
from chatauth_project.demonstration_accounts import CUSTOMER
from chatauth_project.demonstration_environment import kept_secrets

DEFAULT = "new-success", "legacy-authenticated"
ALL = "all"


class Command(BaseCommand):
    """Plays scenarios on simulated phones against the server that runs, and says which ended as they have to."""

    help = (
        "Play sign-ins in Apple Messages for Business on simulated phones, against the server at PUBLIC_BASE_URL"
        " (make run starts one with a sandbox). Prints every request with its answer, secrets masked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--flow", choices=("new", "legacy"), default="", help="Play scenarios of this flow alone.")
        parser.add_argument("--scenario", default="", help=f"The name of one, or {ALL!r}. Default: one good sign-in.")
        parser.add_argument("--list", action="store_true", help="Show the scenarios, and play none.")
        parser.add_argument("--brief", action="store_true", help="Print how each ended, and no exchanges.")
        parser.add_argument("--at-once", type=int, default=1, help="How many are played at the same time.")

    def handle(self, **options: Any) -> None:
        paint = painter(in_colour=self.style.SUCCESS("x") != "x")
        try:
            names = _names(options["scenario"] or (ALL if options["list"] else ""))
            scenarios = simulation.chosen(names, flow=options["flow"])
            if options["list"]:
                self.stdout.writelines(f"{each.name:<28} {each.words}\n" for each in scenarios)
                return
            simulation.make_sure_of_server()
        except NotReady as sentence:
            raise CommandError(str(sentence), returncode=2) from None
        outcomes = simulation.play_all(scenarios, _credentials(), at_once=options["at_once"])
        passed = sum(self._tell(outcome, paint, is_brief=options["brief"]) for outcome in outcomes)
        self.stdout.write(f"{passed} of {len(scenarios)} passed, {len(scenarios) - passed} failed")
        if passed < len(scenarios):
            raise SystemExit(1)

    def _tell(self, outcome: Outcome, paint: Paint, *, is_brief: bool) -> bool:
        self.stdout.write(paint(f"{outcome.scenario.name}: {outcome.scenario.words}", "strong"))
        if not is_brief:
            for number, exchange in enumerate(outcome.phone.exchanges.all(), start=1):
                self.stdout.writelines(f"{line}\n" for line in lines_of(exchange, number, paint))
        self.stdout.write(_sentence(outcome, paint))
        return not outcome.fault


def _names(scenario: str) -> tuple[str, ...]:
    return () if scenario == ALL else (scenario,) if scenario else DEFAULT


def _credentials() -> Credentials:
    """Of the demonstration's customer; where the server is reached from elsewhere, each checkout has its own."""
    secret = kept_secrets()["DEMONSTRATION_PASSWORD"]
    return Credentials(CUSTOMER, demonstration.choose_passwords(settings.HOST, secret=secret)[CUSTOMER])


def _sentence(outcome: Outcome, paint: Paint) -> str:
    name, ended = outcome.scenario.name, f"{outcome.scenario.state} ({outcome.scenario.reason})"
    if outcome.fault:
        return paint(f"FAILED {name}: {outcome.fault}", "bad")
    return paint(f"passed {name}: {ended} after {outcome.seconds:.1f} s", "good")
