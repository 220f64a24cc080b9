"""Oracle's describe form: what a resource consists of, for programs that look before they call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.adf import media_types


@dataclass(frozen=True, slots=True)
class DescribedAttribute:
    """One attribute of a resource.

    ``type`` is a name of the describe form: ``string``, ``integer``, ``array``. ``precision`` is the greatest length in
    code points.
    """

    name: str
    type: str
    meaning: str
    mandatory: bool
    updatable: bool
    precision: int | None = None
    values: tuple[str, ...] = ()
    default: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the attribute's entry; what does not apply to it is left out."""
        entry: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "updatable": self.updatable,
            "mandatory": self.mandatory,
            "queryable": False,
            "allowChanges": "always" if self.updatable else "never",
            "description": self.meaning,
        }
        optional = {"precision": self.precision, "allowedValues": list(self.values), "default": self.default}
        return entry | {name: value for name, value in optional.items() if value not in (None, [])}


def described_resource(
    *, name: str, title: str, address: str, attributes: Sequence[DescribedAttribute]
) -> dict[str, Any]:
    """Describe a resource that can be created and nothing else. ``address`` is that of the collection."""
    spoken = [media_types.RESOURCE_ITEM, media_types.JSON]
    create = {"name": "create", "method": "POST", "requestType": spoken, "responseType": spoken}
    return {
        "Resources": {
            name: {
                "title": title,
                "attributes": [attribute.as_json() for attribute in attributes],
                "collection": {"links": [_link("self", address, name, "collection")], "actions": [create]},
                "item": {
                    "links": [
                        _link("self", f"{address}/{{id}}", name, "item"),
                        _link("canonical", f"{address}/{{id}}", name, "item"),
                    ],
                    "actions": [],
                },
                "links": [
                    _link("self", f"{address}/describe", name, "describe"),
                    _link("canonical", f"{address}/describe", name, "describe"),
                ],
            }
        }
    }


def _link(rel: str, href: str, name: str, kind: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "name": name, "kind": kind}
