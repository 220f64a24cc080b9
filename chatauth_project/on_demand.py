"""What a worker loads when it is first needed, and seldom is: each megabyte is held by every worker.

Nothing of Django is imported here, since that would load what is to be postponed.
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

View: TypeAlias = "Callable[..., HttpResponseBase]"


def view(name: str, **options: Any) -> View:
    """Return a view that is loaded by its first request: an API view, which takes no forms, by its dotted name."""
    from django.utils.module_loading import import_string
    from django.views.decorators.csrf import csrf_exempt

    @cache
    def loaded() -> View:
        made: View = import_string(name).as_view(**options)
        return made

    def answer(request: "HttpRequest", **path: Any) -> "HttpResponseBase":
        return loaded()(request, **path)

    return csrf_exempt(answer)


class Postponed(ModuleType):
    """Stands for a module until somebody asks it for something.

    ``importlib.util.LazyLoader`` would do, but Python 3.11 loads its modules as soon as a second one imports them.
    """

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def do_without(*names: str) -> None:
    """Let nobody import these modules, as if they were not installed; what is loaded already stays."""
    for name in names:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # Python's own way to say so


def postpone(*names: str) -> None:
    """Let everybody import these modules, but load them only for those who use them; what is loaded already stays."""
    for name in names:
        sys.modules.setdefault(name, Postponed(name))
