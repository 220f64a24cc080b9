"""What the API's schema says of a view; loaded when somebody asks for the schema (setting ``DEFAULT_SCHEMA_CLASS``)."""

import copy
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry


class DeclaredOperations(AutoSchema):
    """Publishes the operations that a view declares (``AdfView.operations``), and drf-spectacular's guess of others."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        """Return one operation (OpenAPI 3.1); a copy, since it is completed afterwards."""
        declared: dict[str, Any] | None = getattr(self.view, "operations", {}).get(method)
        if declared is None:
            return super().get_operation(path, path_regex, path_prefix, method, registry)
        return copy.deepcopy(declared)
