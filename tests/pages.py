"""A browser for tests of the pages."""

from typing import Any

from django.test import Client


class Browser(Client):
    """Comes over TLS, as everybody does in production."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **{**kwargs, "secure": True})
