"""What one process of the chat server has: threads for services, polls that wait, ears, a clock."""

import asyncio
import contextvars
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from chat_app.engagement.clock import Clock
from chat_app.engagement.ears import Ears
from chat_app.engagement.errors import UNAVAILABLE, Refused
from chat_app.engagement.limits import Limits
from chat_app.engagement.metrics import WAITING_POLLS
from chat_app.engagement.polling import Polls
from chat_app.engagement.presence import FLUSH_SECONDS
from chat_app.routing.snapshot import Routing, routing

log = structlog.get_logger("chatauth.engagement")

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

MOST_WAITING = 1000
"""Calls that wait for a thread; whoever comes then is told to come again later."""
ROUTING_AGE_SECONDS = 5.0
"""How old what is known of interfaces may be; while the database tells of changes, it is not old at all."""
LOOK_AT_CLOCK_SECONDS = 10.0
"""How often the time is compared with the database's; in between clocks of computers differ by microseconds."""
ASSIGN_REST_SECONDS = 0.05
"""How long an interface rests between two rounds of offers: customers who come in a crowd are offered together, and
one of them alone waits for nothing."""
READER_BITS = 62

Tick = Callable[[], object]
"""A function that does what is due by the database's clock; called once a second in every process."""
Assign = Callable[..., object]
"""A function ``assign(*, interface_id, now)``."""


class Engine:
    """The parts of a process, started and stopped as an asynchronous context manager.

    ``clock``: the time that everything goes by. ``broken``: set when a part has ended that the others need; such a
    process would go on as if it worked, so it has to end.

    ``executor``: threads for services; ``poll_executor``: those in which the database is asked for all polls together,
    so that no crowd of other calls, however long its queue, keeps those who wait from what has come for them. Both are
    shut down with the engine. ``poll_seconds``: how long polls wait. ``ticks``: what is done every second. ``assign``:
    offers what waits at an interface to its agents.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        poll_executor: Executor,
        poll_seconds: float,
        ticks: tuple[Tick, ...] = (),
        assign: Assign | None = None,
    ) -> None:
        self.poll_seconds = poll_seconds
        self.limits = Limits()
        self.clock = Clock()
        self.broken = asyncio.Event()
        self._executor = executor
        self._poll_executor = poll_executor
        self._waiting = 0
        self._ticks = ticks
        self._assign = assign
        self._assigning: dict[int, bool] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        run = partial(_run_in, poll_executor)
        self.polls = Polls(run=run, now=self.clock.now, reader=secrets.randbits(READER_BITS) + 1)
        self.ears = Ears(heard=self.polls.heard, missed=self.polls.heard_nothing)

    async def __aenter__(self) -> Self:
        """Begin to listen, to ask and to tick."""
        await self._left_out_if_it_fails(self._look_at_clock)
        parts = [self.ears.listen(), self.polls.work(), self._repeat(FLUSH_SECONDS, self._note_signs)]
        parts.append(self._repeat(LOOK_AT_CLOCK_SECONDS, self._look_at_clock))
        parts += [self._repeat(1.0, partial(self._tick, tick)) for tick in self._ticks]
        for part in parts:
            self._keep_going(part).add_done_callback(self._note_broken)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Note what is still to be noted, and end everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self.polls.note_marks()
            await self.polls.note_signs()
        except DatabaseFailure:
            log.warning("the last signs of life could not be noted")
        self._executor.shutdown()
        self._poll_executor.shutdown()

    @property
    def is_working(self) -> bool:
        """Whether a service runs, or waits for a thread."""
        return self._waiting > 0

    async def run(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Result:
        """Run a service in a thread with a connection of its own, and return what it returns.

        Raises what it raises, and ``Refused`` when too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise Refused(UNAVAILABLE, reason="no_thread")
        self._waiting += 1
        try:
            return await _run_in(self._executor, function, *arguments, **named)
        finally:
            self._waiting -= 1

    async def routing(self) -> Routing:
        """Return what is known of interfaces, queues and profile options. Raises ``django.db.Error``."""
        age = routing.known_current_within()
        if age is not None and age < ROUTING_AGE_SECONDS:
            return routing.recall().value
        recollection = await _run_in(self._poll_executor, routing.current)  # polls need it, too
        return recollection.value

    def assign_soon(self, interface_id: int) -> None:
        """Offer what waits at this interface, after whatever may allow an offer; several wishes become one.

        At once, unless that was done a moment ago; then at the end of ``ASSIGN_REST_SECONDS``.
        """
        if self._assign is None:
            return
        if interface_id in self._assigning:
            self._assigning[interface_id] = True
            return
        self._assigning[interface_id] = False
        self._keep_going(self._assign_until_done(self._assign, interface_id))

    async def _assign_until_done(self, assign: Assign, interface_id: int) -> None:
        try:
            while True:
                self._assigning[interface_id] = False
                await self.run(assign, interface_id=interface_id, now=self.clock.now())
                await asyncio.sleep(ASSIGN_REST_SECONDS)
                if not self._assigning[interface_id]:
                    return
        except (DatabaseFailure, Refused) as error:  # the next tick tries again
            log.warning("offers failed", interface=interface_id, error=type(error).__name__)
        finally:
            del self._assigning[interface_id]

    async def _note_signs(self) -> None:
        WAITING_POLLS.set(len(self.polls))
        await self.polls.note_signs()

    async def _tick(self, tick: Tick) -> None:
        await self.run(tick)

    async def _look_at_clock(self) -> None:
        await self.run(self.clock.look)

    async def _repeat(self, seconds: float, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._left_out_if_it_fails(act)

    async def _left_out_if_it_fails(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await act()
        except (DatabaseFailure, Refused) as error:
            log.warning("left out for now", what=repr(act), error=type(error).__name__)
        except Exception:
            log.error("failed", what=repr(act), exc_info=True)  # noqa: G201 - structlog

    def _keep_going(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)
        return task

    def _note_broken(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self.broken.set()

    def _note_end(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a part of the process has ended", exc_info=error)


async def _run_in(
    executor: Executor,
    function: Callable[Parameters, Result],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Run it in a thread that has a connection; what it logs belongs to the request."""
    context = contextvars.copy_context()
    call = partial(context.run, _with_connection, partial(function, *arguments, **named))
    return await asyncio.get_running_loop().run_in_executor(executor, call)


def _with_connection(call: Callable[[], Result]) -> Result:
    """Let go of a connection that broke: the next call of this thread gets a new one."""
    try:
        return call()
    except DatabaseFailure:
        connection.close_if_unusable_or_obsolete()
        raise
