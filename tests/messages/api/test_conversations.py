from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages.models import Business, Conversation, OutboundMessage
from authenticate_app.oauth.models import Client
from tests.messages.api.conftest import Call
from tests.messages.world import conversation


def test_a_conversation_says_what_the_device_can_do(call: Call, chat: Conversation) -> None:
    given = call("GET", f"/conversations/{chat.pk}").json()
    assert (given["id"], given["business"], given["customer"]) == (str(chat.pk), "vision-business", chat.customer_id)
    assert given["capabilities"] == ["AUTH", "AUTH2", "LIST"]
    assert given["can_sign_in"] is True


def test_a_device_without_a_flow_that_the_business_allows_cannot_sign_in(
    call: Call, shop: Business, integration: Client
) -> None:
    chat = conversation(shop, capabilities=["AUTH"])
    assert call("GET", f"/conversations/{chat.pk}").json()["can_sign_in"] is False
    Business.objects.update(allows_legacy_flow=True)
    assert call("GET", f"/conversations/{chat.pk}").json()["can_sign_in"] is True


def test_a_conversation_is_found_by_apples_ids(call: Call, chat: Conversation, shop: Business) -> None:
    conversation(shop, customer_id="urn:mbid:other")
    found = call("GET", f"/conversations?business=vision-business&customer={chat.customer_id}").json()
    assert [item["id"] for item in found["items"]] == [str(chat.pk)]
    assert call("GET", "/conversations?customer=urn:mbid:nobody").json()["items"] == []


def test_the_businesses_of_the_client_are_listed(call: Call, shop: Business) -> None:
    assert call("GET", "/businesses").json()["items"] == [
        {"id": "vision-business", "name": "Vision Shop", "is_active": True}
    ]


def test_a_text_is_stored_encrypted_and_sent_in_the_background(call: Call, chat: Conversation) -> None:
    response = call("POST", f"/conversations/{chat.pk}/messages", json={"text": "Guten Tag 👋"})
    assert response.status_code == 202
    stored = OutboundMessage.objects.get(pk=response.json()["id"])
    assert "Guten Tag" not in bytes(stored.encrypted_body).decode()
    assert "Guten Tag" in decrypt(bytes(stored.encrypted_body)).decode()
    given = call("GET", response["Location"].partition("/api/messages/v1")[2]).json()
    assert (given["state"], given["attempts"], given["conversation"]) == ("waiting", 0, str(chat.pk))
