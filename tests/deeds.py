"""What an administrator may do to an installation; every deed is committed when it returns."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, REQUEST_FOR_CHAT, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.keys import services as keys
from authenticate_app.keys.models import SigningKey
from authenticate_app.oauth.models import AccessToken, Client
from chat_app.routing.models import AssignmentRule, Criterion, ProfileOptionValue, Queue
from tests import tokens, world

ROLES = (SELF_SERVICE_USER, ON_BEHALF_ROLE)


def prepare() -> None:
    """Give a fresh installation two interfaces, queues, a key and the service account."""
    world.store_routing()
    keys.ensure_signing_key(now=_now())
    store_user(world.CALLER)


def store_user(name: str, roles: Sequence[str] = (), fields: Mapping[str, Any] | None = None) -> None:
    world.store_user(name, *(roles or ROLES), **(fields or {}))


def disable(name: str) -> None:
    User.objects.filter(username=name).update(is_active=False)


def take_roles(name: str) -> None:
    User.objects.get(username=name).groups.clear()


def set_password(name: str, password: str) -> None:
    user = User.objects.get(username=name)
    user.set_password(password)
    user.save()


def store_access_token(name: str) -> str:
    """Give a token to an integration that acts as this user."""
    return tokens.store_token(tokens.store_integration(User.objects.get(username=name)))


def revoke_access_tokens(name: str) -> None:
    AccessToken.objects.filter(application__acting_user__username=name).delete()


def disable_client(name: str) -> None:
    Client.objects.filter(acting_user__username=name).update(is_active=False)


def store_role(name: str, *, with_entitlement: bool = True) -> None:
    role = Group.objects.create(name=name)
    if with_entitlement:
        role.permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT))


def take_entitlements(role: str) -> None:
    Group.objects.get(name=role).permissions.clear()


def give_entitlement(role: str) -> None:
    Group.objects.get(name=role).permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT))


def store_queue(number: int) -> None:
    Queue.objects.create(id=number, interface_id=world.INTERFACE, name=f"Queue {number}")


def enable_queue(number: int, *, enabled: bool) -> None:
    Queue.objects.filter(pk=number).update(enabled=enabled)


def store_rule(name: str, queue: int, question: str) -> None:
    rule = AssignmentRule.objects.create(interface_id=world.INTERFACE, name=name, queue_id=queue)
    Criterion.objects.create(rule=rule, name="question", operator="equals", value=question)


def point_rule(name: str, queue: int) -> None:
    AssignmentRule.objects.filter(name=name).update(queue_id=queue)


def delete_rule(name: str) -> None:
    AssignmentRule.objects.filter(name=name).delete()


def set_option_of_user(name: str, code: str, value: str) -> None:
    world.set_option(code, value, user=User.objects.get(username=name))


def set_option_of_product(product: str, code: str, value: str) -> None:
    ProfileOptionValue.objects.filter(option_id=code, product=product).delete()
    world.set_option(code, value, product=product)


def announce_key() -> str:
    """Announce a successor of the key that signs."""
    return keys.rotate(now=_now()).key.kid


def let_announced_key_take_over(kid: str) -> None:
    """Let the span for which it had to be announced be over now."""
    now = _now()
    successor = SigningKey.objects.get(kid=kid)
    with transaction.atomic():
        retiring = SigningKey.objects.filter(retired_at=successor.signs_from)
        assert retiring.update(retired_at=now, deleted_at=now + settings.KEY_RETIRED) == 1
        SigningKey.objects.filter(kid=kid).update(signs_from=now)


def revoke_signing_key() -> list[str]:
    """Revoke the key that signs; return its id and that of the key that signs now."""
    now = _now()
    revoked = keys.ensure_signing_key(now=now)
    keys.revoke(key=revoked, now=now)
    return [revoked.kid, keys.ensure_signing_key(now=_now() + timedelta(seconds=1)).kid]


def store_application(secret: str, **fields: Any) -> str:
    """Store a web application and return its ``client_id``."""
    from authenticate_app.oauth.secrets import checksum
    from tests.tokens import store_web_application

    return str(store_web_application(client_secret=checksum(secret), **fields).client_id)


def ask_customer_to_sign_in(asker: str) -> dict[str, str]:
    """Ask a customer of Apple Messages at a business of their own; what the phone and the asker's system know of it.

    The message is taken back before it is sent: no gateway is there.
    """
    from tests.messages import world as messages

    account = messages.account()
    shop = messages.business(business_id=asker, account=account, gateway_url="https://gateway.invalid/v1")
    client = tokens.store_integration(User.objects.get(username=asker), allowed_scopes="messages chat.authenticate")
    shop.api_clients.add(client)
    with transaction.atomic():
        asked = messages.sign_in(messages.conversation(shop))
        state = messages.state_of(asked)
        asked.message.delete()
    assert shop.client is not None
    return {
        "id": str(asked.pk),
        "conversation": str(asked.conversation_id),
        "business": asker,
        "customer": asked.conversation.customer_id,
        "state": state,
        "client_id": shop.client.client_id,
        "redirect_uri": shop.client.redirect_uris,
        "token": tokens.store_token(client, scope="messages chat.authenticate"),
    }


def store_agents(number: int, queue: int) -> list[str]:
    """Store agents who serve a queue, each signed in to an application; returns their access tokens."""
    from authenticate_app.accounts.entitlements import CHAT_AGENT
    from authenticate_app.oauth.scopes import CHAT_AGENT as SCOPE
    from chat_app.routing.models import QueueResource

    desk = tokens.store_web_application(allowed_scopes=SCOPE)
    found = []
    for place in range(number):
        agent = world.store_user(f"agent-{place}", CHAT_AGENT, first_name="Agent", last_name=str(place))
        QueueResource.objects.create(queue_id=queue, agent=agent)
        expires = _now() + timedelta(hours=3)
        found.append(tokens.store_token(desk, user=agent, scope=SCOPE, expires=expires))
    return found


def confirm_sign_in(sign_in: str) -> None:
    """Say what the phone says when the sheet has closed."""
    from authenticate_app.messages import sign_ins

    sign_ins.confirm(sign_in_id=UUID(sign_in), now=_now())


def store_business(webhook_url: str, business_id: str, gateway_url: str = "https://gateway.example.com/v1") -> int:
    """Store a business of Apple Messages, and return its key."""
    from authenticate_app.keys.encryption import encrypt
    from tests.messages import world as messages

    return messages.business(
        business_id=business_id,
        webhook_url=webhook_url,
        encrypted_webhook_secret=encrypt(messages.WEBHOOK_SECRET.encode()),
        gateway_url=gateway_url,
        provider="other",
        client=None,
    ).pk


def send_text(business_id: str, customer_id: str) -> str:
    """Have a text sent to a customer whose conversation there is; returns its id."""
    from authenticate_app.messages.models import Conversation
    from authenticate_app.messages.sending import queue_message

    message_id, now = uuid4(), _now()
    with transaction.atomic():
        conversation = Conversation.objects.get(business__business_id=business_id, customer_id=customer_id)
        queue_message(
            conversation=conversation,
            message_id=message_id,
            body=b"{}",
            give_up_at=now + timedelta(minutes=5),
            now=now,
        )
    return str(message_id)


def _now() -> datetime:
    return datetime.now(UTC)


DEEDS: Mapping[str, Callable[..., Any]] = {
    deed.__name__: deed
    for deed in (
        prepare,
        store_user,
        disable,
        take_roles,
        set_password,
        store_access_token,
        revoke_access_tokens,
        disable_client,
        store_role,
        take_entitlements,
        give_entitlement,
        store_queue,
        enable_queue,
        store_rule,
        point_rule,
        delete_rule,
        set_option_of_user,
        set_option_of_product,
        announce_key,
        let_announced_key_take_over,
        revoke_signing_key,
        store_application,
        ask_customer_to_sign_in,
        store_agents,
        confirm_sign_in,
        store_business,
        send_text,
    )
}
