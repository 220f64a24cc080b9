"""The description of ``chatAuthenticate``, made from the declaration of its attributes (docs/compatibility.md)."""

from typing import Any

from chat_app.adf.describe import DescribedAttribute, described_resource
from chat_app.chat_authenticate.attributes import (
    REQUEST_ATTRIBUTES,
    RESPONSE_ATTRIBUTES,
    Attribute,
    ResponseAttribute,
)
from chat_app.chat_authenticate.releases import Release
from chat_app.chat_authenticate.schemas import RESOURCE, collection_url
from chat_app.chat_authenticate.wire_types import WireType

NAME_OF_TYPE = {
    WireType.STRING: "string",
    WireType.LONG: "integer",
    WireType.INTEGER: "integer",
    WireType.ARRAY: "array",
}


def description(*, release: Release, public_base_url: str, version: str) -> dict[str, Any]:
    """Describe the resource as this release has it; ``version`` is the one that was called."""
    attributes = [_of_request(attribute) for attribute in REQUEST_ATTRIBUTES if attribute.exists_in(release)]
    return described_resource(
        name=RESOURCE,
        title="Chat Authenticate",
        address=collection_url(public_base_url, version=version),
        attributes=[*attributes, *(_of_response(attribute) for attribute in RESPONSE_ATTRIBUTES)],
    )


def _of_request(attribute: Attribute) -> DescribedAttribute:
    return DescribedAttribute(
        name=attribute.name,
        type=NAME_OF_TYPE[attribute.wire_type],
        meaning=attribute.meaning,
        mandatory=attribute.required,
        updatable=True,
        precision=attribute.max_length,
        values=attribute.values,
        default=attribute.default,
    )


def _of_response(attribute: ResponseAttribute) -> DescribedAttribute:
    return DescribedAttribute(
        name=attribute.name,
        type=NAME_OF_TYPE[attribute.wire_type],
        meaning=attribute.meaning,
        mandatory=False,
        updatable=False,
    )
