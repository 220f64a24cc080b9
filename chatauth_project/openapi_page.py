"""docs/openapi.yaml: the API as OpenAPI 3.1, for those who generate clients."""

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer


def render() -> str:
    """Return the schema as YAML."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    text: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})
    return text.decode("utf-8")
