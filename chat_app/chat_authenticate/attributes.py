"""The attributes of ``chatAuthenticate``: the one declaration that everything else is made from.

Parsing and validation (``schemas``), the answer, describe, OpenAPI and docs/attributes.md all read this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

from chat_app.adf import strict_json
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.chat_authenticate.wire_types import Form, WireType, validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What is known about one attribute. As metadata of a model's field it also validates.

    ``name`` is the one on the wire and ``field`` that of the model; ``max_length`` counts code points; ``since`` is the
    first release that has it (None: all); ``default`` is what an answer says when nothing was sent.
    """

    meaning: str
    form: Form = Form.TEXT
    required: bool = False
    since: Release | None = None
    max_length: int | None = None
    values: tuple[str, ...] = ()
    default: str | None = None
    name: str = ""
    field: str = ""

    @property
    def wire_type(self) -> WireType:
        """The type that the documentation gives it."""
        return WireType.LONG if self.form is Form.LONG else WireType.STRING

    def exists_in(self, release: Release) -> bool:
        """Whether the release has the attribute."""
        return self.since is None or release >= self.since

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return validation(self.form, max_length=self.max_length, values=self.values)


@dataclass(frozen=True, slots=True)
class ResponseAttribute:
    """An attribute that only answers have; a client that sends it is not listened to."""

    name: str
    wire_type: WireType
    meaning: str


class ChatAuthenticateRequest(BaseModel):
    """A request for a token, parsed and valid. Attributes that were not sent, or sent empty, are None."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    client_type: Annotated[
        str | None,
        Attribute(
            form=Form.CHOICE,
            max_length=30,
            values=("CONSUMER",),
            default="CONSUMER",
            meaning="Which of the chat REST APIs the token is for. There is one, and it is meant when nothing is sent.",
        ),
    ] = None
    auth_user_name: Annotated[
        str,
        Attribute(
            required=True,
            max_length=320,
            meaning="Who the end user is. Becomes `sub` and `prn` of the token; sessions are found by it.",
        ),
    ]
    contact_id: Annotated[int | None, Attribute(form=Form.LONG, meaning="Party id of the end user, a person.")] = None
    email_address: Annotated[
        str | None, Attribute(max_length=320, meaning="The end user's e-mail address. Its syntax is not checked.")
    ] = None
    first_name: Annotated[str | None, Attribute(max_length=150, meaning="The end user's first name.")] = None
    last_name: Annotated[str | None, Attribute(max_length=150, meaning="The end user's last name.")] = None
    organization_id: Annotated[
        int | None, Attribute(form=Form.LONG, meaning="Party id of the organization that the end user belongs to.")
    ] = None
    question: Annotated[
        str | None, Attribute(max_length=4000, meaning="What the end user wants to know, in their own words.")
    ] = None
    queue_id: Annotated[
        int | None,
        Attribute(
            form=Form.LONG,
            meaning="The queue that is wished for. The answer names the one that was assigned, if any was yet.",
        ),
    ] = None
    interface_id: Annotated[
        int,
        Attribute(
            form=Form.LONG,
            required=True,
            meaning="The chat interface. A value has to be sent, but the server assigns the interface itself.",
        ),
    ]
    resume_type: Annotated[
        str | None,
        Attribute(
            form=Form.CHOICE,
            max_length=10,
            values=("RESUME",),
            meaning="Asks to go on with the end user's open chat, if there is one, instead of beginning another.",
        ),
    ] = None
    category_id: Annotated[
        int | None, Attribute(form=Form.LONG, meaning="The category that the question belongs to.")
    ] = None
    incident_id: Annotated[
        int | None, Attribute(form=Form.LONG, meaning="Id of a related object. Kept and returned, not used.")
    ] = None
    product_id: Annotated[
        int | None, Attribute(form=Form.LONG, meaning="Id of the product. Kept and returned, not used.")
    ] = None
    incident_name: Annotated[
        str | None, Attribute(max_length=80, meaning="Reference number of a service request that the chat is about.")
    ] = None
    incident_type: Annotated[
        str | None,
        Attribute(
            form=Form.CHOICE,
            max_length=80,
            values=("SVC_SERVICE_REQUESTS",),
            meaning="What kind of object the chat is about.",
        ),
    ] = None
    inventory_item_id: Annotated[
        str | None,
        Attribute(
            max_length=80, meaning="The item, which together with `inventoryOrgId` and `prodGroupId` names a product."
        ),
    ] = None
    inventory_org_id: Annotated[
        str | None,
        Attribute(
            max_length=80,
            meaning="The inventory organization, which together with `inventoryItemId` and `prodGroupId` names a"
            " product.",
        ),
    ] = None
    prod_group_id: Annotated[
        str | None,
        Attribute(
            max_length=80,
            meaning="The product group, which together with `inventoryItemId` and `inventoryOrgId` names a product.",
        ),
    ] = None
    business_unit_org_id: Annotated[
        str | None,
        Attribute(
            since=Release(11, 13, 19, 1),
            max_length=80,
            meaning="Organization id of the business unit. The interface is assigned by it.",
        ),
    ] = None
    chat_priority: Annotated[
        int | None,
        Attribute(
            form=Form.WHOLE_NUMBER,
            since=Release(11, 13, 19, 7),
            max_length=10,
            meaning="How urgent the chat is: the higher the number, the sooner an agent gets it. Only counts from"
            " callers who may ask on behalf of others.",
        ),
    ] = None
    stripe_code: Annotated[
        str | None,
        Attribute(max_length=30, meaning="The application that the chat comes from, such as CRM, HRHD or ISR."),
    ] = None
    incident_severity_code: Annotated[
        str | None, Attribute(max_length=30, meaning="How severe the related object is, as a lookup code.")
    ] = None
    custom_fields: Annotated[
        str | None,
        Attribute(
            form=Form.JSON_OBJECT,
            max_length=8000,
            meaning="Keys and values of your own, which assignment rules can test: a JSON object, as a string.",
        ),
    ] = None
    assignee_id: Annotated[
        str | None,
        Attribute(
            max_length=80,
            meaning="The agent who is proposed for the chat. Only counts from callers who may ask on behalf of others.",
        ),
    ] = None
    application_classification: Annotated[
        str | None, Attribute(max_length=80, meaning="How the application is classified, such as Sales or Service.")
    ] = None
    allow_agent_attachments: Annotated[
        bool | None,
        Attribute(
            form=Form.FLAG,
            max_length=5,
            values=("true", "false"),
            meaning="Whether the agent may send files in the chat.",
        ),
    ] = None
    escalation_level: Annotated[
        int | None,
        Attribute(
            form=Form.WHOLE_NUMBER,
            max_length=10,
            default="0",
            meaning="1 when a digital assistant hands the chat over to a person, else 0. Only counts from callers who"
            " may ask on behalf of others.",
        ),
    ] = None
    chat_source: Annotated[
        str | None,
        Attribute(
            since=Release(11, 13, 24, 10),
            max_length=80,
            meaning="Where the chat was begun, such as WCFS, RW UI or Facebook.",
        ),
    ] = None
    chat_direction: Annotated[
        str | None,
        Attribute(
            since=Release(11, 13, 24, 10), max_length=80, meaning="Whether the customer or the agent began the chat."
        ),
    ] = None

    @cached_property
    def custom_fields_object(self) -> dict[str, Any]:
        """The keys and values of ``customFields``; none when it was not sent."""
        return {} if self.custom_fields is None else dict(strict_json.decode(self.custom_fields))

    def wire(self, release: Release = NEWEST) -> dict[str, str | None]:
        """Return every attribute of the release as answers show it: strings and nulls, with defaults."""
        values = self.__dict__
        return {
            name: default if (value := values[field]) is None else value if type(value) is str else _as_text(value)
            for field, name, default in columns(release)
        }

    @cached_property
    def stored(self) -> Mapping[str, str]:
        """What was sent under its wire names, as strings, without what was empty."""
        values = self.__dict__
        return {
            name: value if type(value) is str else _as_text(value)
            for field, name, _ in columns(NEWEST)
            if (value := values[field]) is not None
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, str], *, release: Release = NEWEST) -> "ChatAuthenticateRequest":
        """Return the request that ``stored`` came from; attributes that the release lacks are left out.

        Raises ``pydantic.ValidationError`` when it did not come from there.
        """
        return cls.model_validate({name: stored[name] for _, name, _ in columns(release) if name in stored})


class Column(NamedTuple):
    """One attribute on its way out."""

    field: str
    name: str
    default: str | None


def _as_text(value: object) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _declared() -> tuple[Attribute, ...]:
    fields = ChatAuthenticateRequest.model_fields.items()
    return tuple(
        replace(attribute, field=field, name=info.alias or field)
        for field, info in fields
        for attribute in info.metadata
        if isinstance(attribute, Attribute)
    )


REQUEST_ATTRIBUTES: tuple[Attribute, ...] = _declared()
"""All of them, of every release, in the order of the documentation."""

ATTRIBUTE_BY_NAME: Mapping[str, Attribute] = {attribute.name: attribute for attribute in REQUEST_ATTRIBUTES}

RESPONSE_ATTRIBUTES: tuple[ResponseAttribute, ...] = (
    ResponseAttribute("jwt", WireType.STRING, "The signed token, for `requestEngagement` on the chat server."),
    ResponseAttribute("domain", WireType.STRING, "The chat server's host, without a scheme."),
    ResponseAttribute(
        "port", WireType.INTEGER, "The chat server's port. Only there when it is not the usual one of the scheme."
    ),
    ResponseAttribute(
        "chatSiteName",
        WireType.STRING,
        "The full name of the chat site: what follows `/engagement/api/consumer/` in the chat server's addresses.",
    ),
    ResponseAttribute(
        "poolId",
        WireType.STRING,
        "The chat server's pool, such as `353:2`. Clients send it back in the query parameter `pool` of every call.",
    ),
    ResponseAttribute("links", WireType.ARRAY, "Two links to this item: `self` and `canonical`."),
)

TOLERATED: Mapping[str, str] = {
    "mediaList": "Not documented, but real clients send it with the value CHAT. Not listened to and not returned."
}
"""Names that are not listened to, with the reason; they are no attributes."""

NOT_LISTENED_TO = frozenset(attribute.name for attribute in RESPONSE_ATTRIBUTES) | TOLERATED.keys()


@lru_cache(maxsize=16)
def columns(release: Release) -> tuple[Column, ...]:
    """Return what answers of this release consist of, in the order of the documentation."""
    return tuple(
        Column(attribute.field, attribute.name, attribute.default)
        for attribute in REQUEST_ATTRIBUTES
        if attribute.exists_in(release)
    )


@lru_cache(maxsize=16)
def names(release: Release) -> frozenset[str]:
    """Return the names of the request attributes that the release has."""
    return frozenset(name for _, name, _ in columns(release))
