"""What each worker process of `manage.py serve` loads."""

import os

from chatauth_project.environment import Environment
from chatauth_project.wsgi import application

__all__ = ["application"]

_SETTINGS = {name.upper() for name in Environment.model_fields}


def _forget_environment() -> None:
    """Settings hold our variables by now.

    granian copies the environment into each request (PEP 3333 lets it), where secrets have no
    business, and where a variable called HTTP_... would look like a header.
    """
    for name in list(os.environ):
        if name in _SETTINGS or name.startswith("HTTP_"):
            del os.environ[name]


_forget_environment()
