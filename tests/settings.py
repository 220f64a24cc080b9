"""The product's own settings, in an environment that is made for tests and nothing else."""

import os

from tests.environment import MIGRATED, TEST_ENVIRONMENT

os.environ.update(TEST_ENVIRONMENT)

from chatauth_project.settings import *  # noqa: F403 - the environment comes first
from chatauth_project.settings import DATABASES

DATABASES["default"]["TEST"] = {"TEMPLATE": MIGRATED}

WHITENOISE_AUTOREFRESH = True
"""Each client of a test has a chain of middleware of its own, which would look for every static file first."""
