"""Stores a demonstration's data, with the documented passwords: ``python -m tests.sandbox.prepare``."""

from collections import defaultdict
from datetime import UTC, datetime

import django


def prepare() -> None:
    from django.conf import settings
    from django.utils.module_loading import import_string

    from chatauth_project.demonstration import WELL_KNOWN_PASSWORD
    from chatauth_project.housekeeping import run_all

    for path in settings.DEMONSTRATION_DATA:
        import_string(path)(defaultdict(lambda: WELL_KNOWN_PASSWORD))
    run_all(now=datetime.now(UTC))


if __name__ == "__main__":
    django.setup()
    prepare()
