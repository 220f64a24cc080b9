"""Customers and agents who do what people do, at random: they write, reload, lose patience, come back, hand over."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from tests.simulation.ledger import Ledger, Told, View
from tests.simulation.wire import PAUSE_SECONDS, Broken, Network

CONSUMER = "/engagement/api/consumer/site-1/v1/"
AGENT = "/engagement/api/agent/site-1/v1/"
POLL_SECONDS = 30.0
BYE = "bye"
"""Begins the message by which a customer asks the agent to end it."""

POSTED = "RNEngagementMessagePostedMessage"
ADDED = "RNEngagementParticipantAddedMessage"
CONCLUDED = "RNEngagementConcludedMessage"
OK, FORBIDDEN = 200, 403


class World:
    """What all of them share. ``is_calm``: the end has come, everybody comes to an end."""

    def __init__(self, *, chat: Network, office: Callable[[str], Any], ledger: Ledger, chance: Random) -> None:
        self.chat = chat
        self.token_for = office
        self.ledger = ledger
        self.chance = chance
        self.is_calm = False

    async def pause(self, most: float) -> None:
        """Think for a moment."""
        await asyncio.sleep(self.chance.uniform(0.02, most))


class Customer:
    """One customer with one conversation."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._acknowledges = world.chance.random() < 0.5
        self._session_id = ""
        self._engagement_id = 0
        self._view = View(name, self._acknowledges)
        self._is_entering = False
        self._has_agent = asyncio.Event()
        self._is_over = asyncio.Event()

    async def live(self) -> None:
        """Enter, talk, and leave; return when told that it has ended."""
        await self._enter()
        polling = asyncio.create_task(self._poll())
        writing = asyncio.create_task(self._write())
        try:
            await self._is_over.wait()
        finally:
            for task in (polling, writing):
                task.cancel()
            await asyncio.gather(polling, writing, return_exceptions=True)

    async def _enter(self) -> None:
        """Request an engagement, with a token after the other until one is answered.

        Until then the session id that the customer has may be void already: by a request whose answer is not here yet,
        or was lost with its process.
        """
        self._is_entering = True
        while True:
            token = await self._world.token_for(self._name)
            try:
                headers = {"Authorization": f"Bearer {token}"}
                answer = await self._world.chat.post(CONSUMER + "requestEngagement", {}, headers)
            except Broken:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status == OK:
                self._begin(answer.body["sessionId"], answer.body["engagementId"])
                self._is_entering = False
                return
            self._world.ledger.events[f"refused {answer.status}"] += 1
            await asyncio.sleep(PAUSE_SECONDS)

    def _begin(self, session_id: str, engagement_id: int) -> None:
        if self._engagement_id not in (0, engagement_id):
            self._world.ledger.left.add(self._engagement_id)
            self._has_agent.clear()
        self._session_id, self._engagement_id = session_id, engagement_id
        views = self._world.ledger.customers.setdefault(engagement_id, [])
        self._view = View(f"{self._name}/{len(views)}", self._acknowledges)
        views.append(self._view)
        self._world.ledger.events["entered" if len(views) == 1 else "came back"] += 1

    async def _poll(self) -> None:
        while not self._is_over.is_set():
            view, session_id = self._view, self._session_id
            fields = {"acknowledgedSequenceNumber": view.position} if self._acknowledges else {}
            try:
                answer = await self._ask("getMessages", fields, session_id, POLL_SECONDS + 10)
            except Broken:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status == OK:
                self._hear(view, view.take(answer.body["systemMessages"]))
            elif session_id == self._session_id:
                await self._refused(answer.status)

    async def _refused(self, status: int) -> None:
        if status == FORBIDDEN and not self._is_entering:
            self._view.faults.append(f"The session id of {self._view.who} was refused.")
            self._is_over.set()
        await asyncio.sleep(PAUSE_SECONDS)

    def _hear(self, view: View, new: list[Told]) -> None:
        for told in new:
            if told.name == ADDED:
                self._has_agent.set()
            elif told.name == CONCLUDED and view is self._view:
                self._is_over.set()

    async def _write(self) -> None:
        chance = self._world.chance
        for number in range(chance.randint(2, 6)):
            await self._world.pause(0.8)
            if not await self._post(f"{self._name}.{number}"):
                return
            if chance.random() < 0.15:
                await self._enter()
        await self._wait_for_agent()
        if self._has_agent.is_set() and chance.random() < 0.5:
            await self._post(f"{BYE} {self._name}")
            await self._until_calm()
        await self._conclude()

    async def _wait_for_agent(self) -> None:
        while not (self._has_agent.is_set() or self._world.is_calm):
            await asyncio.sleep(PAUSE_SECONDS)

    async def _until_calm(self) -> None:
        while not self._world.is_calm:
            await asyncio.sleep(PAUSE_SECONDS)

    async def _post(self, body: str) -> bool:
        """Write until it is answered; return whether it was taken."""
        fields = {"body": body, "messageId": body}
        self._world.ledger.unsure.add(body)
        answer = await self._insist("postMessage", fields)
        if answer.status != OK:
            return False
        self._world.ledger.unsure.discard(body)
        self._world.ledger.note_posted(self._engagement_id, "customer", body)
        return True

    async def _conclude(self) -> None:
        await self._insist("concludeEngagement", {})

    async def _insist(self, operation: str, fields: dict[str, Any]) -> Any:
        path = CONSUMER + operation
        return await self._world.chat.post_until_answered(path, fields, {"SessionId": self._session_id})

    async def _ask(self, operation: str, fields: dict[str, Any], session_id: str, seconds: float) -> Any:
        headers = {"SessionId": session_id}
        return await self._world.chat.post(CONSUMER + operation, fields, headers, seconds=seconds)


class Agent:
    """An agent who takes what is offered, writes, hands over, and ends conversations."""

    def __init__(self, world: World, name: str, token: str, *, capacity: int) -> None:
        self._world = world
        self._name = name
        self._token = token
        self._capacity = capacity
        self._headers: dict[str, str] = {}
        self._view = View(name, acknowledges=True)
        self._written = 0
        self._talks: dict[int, asyncio.Task[None]] = {}

    async def work(self) -> None:
        """Sign on and work until cancelled."""
        await self._sign_on()
        try:
            while True:
                await self._poll()
        finally:
            for task in self._talks.values():
                task.cancel()
            await asyncio.gather(*self._talks.values(), return_exceptions=True)

    async def _sign_on(self) -> None:
        answer = await self._world.chat.post_until_answered(
            AGENT + "createAutomatedAgentSession", {"logonOverride": True}, {"Authorization": f"Bearer {self._token}"}
        )
        assert answer.status == OK, answer
        self._headers = {"X-JSESSIONID": answer.body["sessionId"], "X-AID": str(answer.body["accountId"])}
        self._view = View(self._name, acknowledges=True)
        self._world.ledger.agents.append(self._view)
        await self._do("requestAssignment", {"capacity": self._capacity, "queueIds": None})

    async def _poll(self) -> None:
        fields = {"acknowledgedSequenceNumber": self._view.position}
        try:
            answer = await self._world.chat.post(
                AGENT + "getMessages", fields, self._headers, seconds=POLL_SECONDS + 10
            )
        except Broken:
            await asyncio.sleep(PAUSE_SECONDS)
            return
        if answer.status == FORBIDDEN:
            self._view.faults.append(f"The session id of {self._name}, an agent, was refused.")
            await self._sign_on()
        if answer.status != OK:
            await asyncio.sleep(PAUSE_SECONDS)
            return
        entries = [entry for entry in answer.body["systemMessages"] if entry["messageName"] != "ChatGetTimeout"]
        for told in self._view.take(entries):
            self._react(told)

    def _react(self, told: Told) -> None:
        if told.name == "ChatOffered":
            self._start(told.engagement_id, self._answer(told.engagement_id))
        elif told.name == "ChatAssigned":
            self._world.ledger.events["assigned"] += 1
            self._start(told.engagement_id, self._talk(told.engagement_id))
        elif told.name == POSTED and str(told.fields["body"]).startswith(BYE):
            self._start(told.engagement_id, self._conclude(told.engagement_id))
        elif told.name in (CONCLUDED, "ChatUnassigned") and (task := self._talks.pop(told.engagement_id, None)):
            task.cancel()

    def _start(self, engagement_id: int, work: Any) -> None:
        if before := self._talks.pop(engagement_id, None):
            before.cancel()
        self._talks[engagement_id] = asyncio.create_task(work)

    async def _answer(self, engagement_id: int) -> None:
        chance = self._world.chance
        await self._world.pause(0.3)
        if not self._world.is_calm and chance.random() < 0.03:
            return
        accepted = self._world.is_calm or chance.random() < 0.95
        await self._do("assignmentAcknowledgement", {"engagementId": engagement_id, "accepted": accepted})

    async def _talk(self, engagement_id: int) -> None:
        chance = self._world.chance
        for _ in range(chance.randint(1, 5)):
            await self._world.pause(0.8)
            if not await self._post(engagement_id):
                return
        if not self._world.is_calm and chance.random() < 0.1:
            self._world.ledger.events["released"] += 1
            await self._do("releaseChat", {"engagementId": engagement_id})

    async def _post(self, engagement_id: int) -> bool:
        self._written += 1
        body = f"{self._name}.{self._written}"
        self._world.ledger.unsure.add(body)
        status = await self._do("postMessage", {"engagementId": engagement_id, "body": body, "messageId": body})
        if status != OK:
            return False
        self._world.ledger.unsure.discard(body)
        self._world.ledger.note_posted(engagement_id, self._name, body)
        return True

    async def _conclude(self, engagement_id: int) -> None:
        await self._do("concludeChat", {"engagementId": engagement_id})

    async def _do(self, operation: str, fields: dict[str, Any]) -> int:
        answer = await self._world.chat.post_until_answered(AGENT + operation, fields, self._headers)
        return answer.status
