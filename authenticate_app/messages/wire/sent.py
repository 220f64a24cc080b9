"""What we send: the message that asks a customer to sign in, and text."""

import base64
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.oauth.purposes import messages_callback

EXTENSION: Final = (
    "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension"
)
"""The part of the phone's Messages app that shows what a business sends."""
LEGACY_VERSION: Final = "1.0"
IMAGE: Final = "1"
"""Both bubbles show the same picture, so that the phone echoes one."""

NotEmpty = Annotated[str, StringConstraints(min_length=1)]
Scope = Annotated[list[NotEmpty], Field(min_length=1)]
"""What is asked for: at least one value."""


class Sent(BaseModel):
    """Something on the wire. What is None is left out: a key too many in ``data``, and the phone shows no bubble."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """The JSON, in UTF-8."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode("utf-8")


class Oauth2(Sent):
    """How the phone asks the identity provider: with a client secret in the legacy flow, to our callback else."""

    response_type: Literal["code", "token"] = "code"
    scope: Scope
    state: NotEmpty
    client_secret: NotEmpty | None = Field(None, repr=False)
    response_encryption_key: NotEmpty | None = None
    redirect_uri: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = Field(None, alias="redirectURI")

    @model_validator(mode="after")
    def _of_one_flow(self) -> Self:
        is_legacy = self.client_secret is not None and self.response_encryption_key is not None
        has_none_of_legacy = self.client_secret is None and self.response_encryption_key is None
        if not (is_legacy if self.redirect_uri is None else has_none_of_legacy):
            raise ValueError("Give clientSecret and responseEncryptionKey, or redirectURI.")
        return self


class Authenticate(Sent):
    """What makes the message one to sign in by."""

    oauth2: Oauth2


class Image(Sent):
    """A picture of a bubble."""

    identifier: NotEmpty
    data: NotEmpty
    """Base64."""


class Bubble(Sent):
    """A bubble: the one that the customer taps, or the one that takes its place once they have replied."""

    title: NotEmpty
    subtitle: str | None = None
    image_identifier: str | None = None
    style: Business.ImageStyle


class Data(Sent):
    """What the phone's extension gets, and nothing else may stand here."""

    version: NotEmpty
    request_identifier: UUID
    images: list[Image]
    authenticate: Authenticate


class InteractiveData(Sent):
    """For whom the message is on the phone, what it says, and how it looks."""

    bid: NotEmpty = EXTENSION
    session_identifier: UUID
    data: Data
    received_message: Bubble
    reply_message: Bubble


class AuthenticateRequestBody(Sent):
    """The message that asks a customer to sign in."""

    v: Literal[1] = 1
    type: Literal["interactive"] = "interactive"
    id: UUID
    source_id: NotEmpty
    destination_id: NotEmpty
    interactive_data: InteractiveData


class TextBody(Sent):
    """Text to a customer."""

    v: Literal[1] = 1
    type: Literal["text"] = "text"
    id: UUID
    source_id: NotEmpty
    destination_id: NotEmpty
    body: NotEmpty


def sign_in_body(
    *,
    business: Business,
    sign_in: SignInRequest,
    message_id: UUID,
    state: str,
    client_secret: str = "",
    response_encryption_key: str = "",
) -> bytes:
    """Return the message that asks to sign in, by the flow of ``sign_in``.

    ``message_id``: as it is queued. The client secret and the key (``token_decryption.KeyPair``) are those of the
    legacy flow and are left out in the new one: no secret leaves us there. Raises ``ValueError`` for a business or
    request that lacks what the message needs, such as a title, a scope or, in the legacy flow, the secret.
    """
    is_legacy = sign_in.flow == SignInRequest.Flow.LEGACY
    oauth2 = Oauth2(
        scope=sign_in.scopes.split(),
        state=state,
        client_secret=client_secret if is_legacy else None,
        response_encryption_key=response_encryption_key if is_legacy else None,
        redirect_uri=None if is_legacy else messages_callback(),
    )
    data = Data(
        version=LEGACY_VERSION if is_legacy else business.new_flow_version,
        request_identifier=sign_in.pk,
        images=_images(business),
        authenticate=Authenticate(oauth2=oauth2),
    )
    return AuthenticateRequestBody(
        id=message_id,
        source_id=business.business_id,
        destination_id=sign_in.conversation.customer_id,
        interactive_data=InteractiveData(
            session_identifier=sign_in.session_identifier,
            data=data,
            received_message=_bubble(business, business.request_title, business.request_subtitle),
            reply_message=_bubble(business, business.reply_title),
        ),
    ).to_bytes()


def text_body(*, business_id: str, customer_id: str, message_id: UUID, text: str) -> bytes:
    """Return a message of text. Raises ``ValueError`` for an empty text and for lone surrogates."""
    return TextBody(id=message_id, source_id=business_id, destination_id=customer_id, body=text).to_bytes()


def _images(business: Business) -> list[Image]:
    picture = bytes(business.image)
    return [Image(identifier=IMAGE, data=base64.b64encode(picture).decode("ascii"))] if picture else []


def _bubble(business: Business, title: str, subtitle: str = "") -> Bubble:
    return Bubble(
        title=title,
        subtitle=subtitle or None,
        image_identifier=IMAGE if business.image else None,
        style=Business.ImageStyle(business.image_style),
    )
