"""The API's operations in OpenAPI 3.1, made from the declarations in ``schemas`` and ``problems``."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from authenticate_app.messages.api import problems, schemas
from authenticate_app.messages.api.problems import Kind
from authenticate_app.oauth.scopes import MESSAGES

TAG: Final = "Apple Messages for Business"
REFERENCE: Final = "#/components/schemas/{model}"
SECURITY_SCHEME: Final = "messagesClient"

MODELS: Final[tuple[type[BaseModel], ...]] = (
    schemas.NewSignIn,
    schemas.NewMessage,
    schemas.Nothing,
    schemas.Page[schemas.BusinessGiven],
    schemas.Page[schemas.ConversationGiven],
    schemas.Page[schemas.SignInGiven],
    schemas.ConversationGiven,
    schemas.MessageGiven,
    schemas.SignInGiven,
    schemas.SignInWithStepsGiven,
    schemas.ProblemGiven,
)
ALWAYS: Final = (
    problems.INVALID_REQUEST,
    problems.INVALID_TOKEN_REQUEST,
    problems.NOT_AUTHENTICATED,
    problems.INVALID_TOKEN,
    problems.FORBIDDEN,
    problems.NOT_ACCEPTABLE,
    problems.UNAVAILABLE,
)
OF_BODIES: Final = (problems.TOO_LONG, problems.MEDIA_TYPE_NOT_SUPPORTED)


def add_components(result: dict[str, Any], **_details: Any) -> dict[str, Any]:
    """Put the schemas that the operations refer to among the components (a hook of drf-spectacular)."""
    modes: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in MODELS]
    definitions = models_json_schema(modes, ref_template=REFERENCE)[1]["$defs"]
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions)
    components.setdefault("securitySchemes", {})[SECURITY_SCHEME] = {
        "type": "oauth2",
        "description": "An access token of an integration, in the header Authorization, after the word Bearer.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {MESSAGES: "Ask customers of Apple Messages to sign in."},
            }
        },
    }
    return result


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=_component(model))}


def _component(model: type[BaseModel]) -> str:
    return model.__name__.replace("[", "_").replace("]", "_")


def _operation(
    name: str,
    summary: str,
    *,
    gives: type[BaseModel],
    status: HTTPStatus = HTTPStatus.OK,
    takes: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    header: str = "",
    path: str = "",
    also: Iterable[Kind] = (),
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [TAG],
        "security": [{SECURITY_SCHEME: [MESSAGES]}],
        "parameters": [*_in_path(path), *_in_query(query), *_in_header(header), ACCEPT_LANGUAGE],
        "responses": {
            str(int(status)): {
                "description": status.phrase,
                "content": {"application/json": {"schema": _reference(gives)}},
            },
            **refusals((*ALWAYS, *(OF_BODIES if takes else ()), *((problems.NOT_FOUND,) if path else ()), *also)),
        },
    }
    if takes is not None:
        schema = {"application/json": {"schema": _reference(takes)}}
        operation["requestBody"] = {"required": takes is schemas.NewMessage, "content": schema}
    return operation


def refusals(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The responses that refuse, by status."""
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(int(kind.status), []).append(kind)
    return {
        str(status): {
            "description": "; ".join(f"{kind.code}: {kind.title}" for kind in found),
            "content": {problems.MEDIA_TYPE: {"schema": _reference(schemas.ProblemGiven)}},
        }
        for status, found in sorted(by_status.items())
    }


def _in_path(name: str) -> list[dict[str, Any]]:
    uuid = {"type": "string", "format": "uuid"}
    return [{"name": name, "in": "path", "required": True, "schema": uuid}] if name else []


def _in_query(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    found = model.model_json_schema(ref_template=REFERENCE)
    inner = found.get("$defs", {})
    return [
        {"name": name, "in": "query", "description": each.pop("description", ""), "schema": _resolved(each, inner)}
        for name, each in found["properties"].items()
    ]


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema: without null, which a query cannot hold, and with enumerations written out."""
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    choice = choices[0]
    if "$ref" in choice:
        choice = definitions[choice["$ref"].rsplit("/", 1)[1]]
    return {name: value for name, value in choice.items() if name not in {"title", "default", "description"}}


def _in_header(name: str) -> list[dict[str, Any]]:
    if not name:
        return []
    meaning = "Yours, of up to 255 characters: the same request with the same key is carried out once."
    schema = {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"}
    return [{"name": name, "in": "header", "description": meaning, "schema": schema}]


ACCEPT_LANGUAGE: Final = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of sentences: English, German, French, Spanish or Japanese.",
    "schema": {"type": "string", "examples": ["de, en;q=0.8"]},
}

LIST_BUSINESSES: Final = _operation(
    "listMessagesBusinesses", "List the businesses that you reach", gives=schemas.Page[schemas.BusinessGiven]
)
LIST_CONVERSATIONS: Final = _operation(
    "listMessagesConversations",
    "List conversations, the newest first",
    gives=schemas.Page[schemas.ConversationGiven],
    query=schemas.ConversationFilter,
)
READ_CONVERSATION: Final = _operation(
    "readMessagesConversation", "Read a conversation", gives=schemas.ConversationGiven, path="conversation_id"
)
SEND_MESSAGE: Final = _operation(
    "sendMessagesText",
    "Send a text into a conversation",
    gives=schemas.MessageGiven,
    status=HTTPStatus.ACCEPTED,
    takes=schemas.NewMessage,
    path="conversation_id",
    also=(problems.CONVERSATION_CLOSED, problems.BUSINESS_INACTIVE),
)
READ_MESSAGE: Final = _operation(
    "readMessagesText", "Read how far a text came", gives=schemas.MessageGiven, path="message_id"
)
START_SIGN_IN: Final = _operation(
    "startSignInRequest",
    "Ask the customer of a conversation to sign in",
    gives=schemas.SignInGiven,
    status=HTTPStatus.CREATED,
    takes=schemas.NewSignIn,
    path="conversation_id",
    header="Idempotency-Key",
    also=(
        problems.CONVERSATION_CLOSED,
        problems.BUSINESS_INACTIVE,
        problems.DEVICE_CANNOT_SIGN_IN,
        problems.IDEMPOTENCY_CONFLICT,
    ),
)
START_SIGN_IN["responses"]["200"] = {
    **START_SIGN_IN["responses"]["201"],
    "description": "The request that the idempotency key stands for.",
}
LIST_SIGN_INS: Final = _operation(
    "listSignInRequests",
    "List requests to sign in, the newest first",
    gives=schemas.Page[schemas.SignInGiven],
    query=schemas.SignInFilter,
)
READ_SIGN_IN: Final = _operation(
    "readSignInRequest",
    "Read a request to sign in, with every step of its way",
    gives=schemas.SignInWithStepsGiven,
    path="sign_in_id",
)
CANCEL_SIGN_IN: Final = _operation(
    "cancelSignInRequest",
    "Cancel a request to sign in",
    gives=schemas.SignInWithStepsGiven,
    takes=schemas.Nothing,
    path="sign_in_id",
    also=(problems.ALREADY_ENDED,),
)
