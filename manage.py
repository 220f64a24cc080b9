#!/usr/bin/env python
"""Runs the commands of this project: ``manage.py help`` lists them."""

import os
import re
import sys

from chatauth_project import metrics
from chatauth_project.environment import EnvironmentFault

SERVERS = {"serve", "serve_chat", "demonstration"}
STARTED_BY_SERVER = re.compile("--supervisor=")
"""Such a process counts into the directory of the one that started it."""


def main() -> int:
    """Run the command line; return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatauth_project.settings")
    if SERVERS.intersection(sys.argv[1:2]) and not any(map(STARTED_BY_SERVER.match, sys.argv)):
        metrics.prepare_directory()  # before anything counts
    if sys.argv[1:2] == ["demonstration"]:
        os.environ.setdefault("ENVIRONMENT", "demonstration")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except EnvironmentFault as fault:
        print(_explanation(fault), file=sys.stderr)
        return 2
    return 0


def _explanation(fault: EnvironmentFault) -> str:
    sentences = "\n".join(f"* {sentence}" for sentence in fault.faults)
    return (
        f"The settings in the environment do not fit:\n{sentences}\n"
        "docs/settings.md explains every variable. To try the server out, run `make run`;"
        " ENVIRONMENT=demonstration brings settings for a trial."
    )


if __name__ == "__main__":
    sys.exit(main())
