"""The product's own settings, in an environment that is made for tests and nothing else."""

import os

from tests.environment import TEST_ENVIRONMENT

os.environ.update(TEST_ENVIRONMENT)

from chatauth_project.settings import *  # noqa: F403 - the environment comes first
