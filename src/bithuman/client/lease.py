"""One session's right to render, kept alive in the background."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bithuman.client import lease_rules
from bithuman.client.answers import Grant, NoGrant
from bithuman.client.api import Api, SessionRequest
from bithuman.client.callback import Callback
from bithuman.client.clock import elapsed_s
from bithuman.client.lease_rules import Act, Standing
from bithuman.client.secret import Secret
from bithuman.client.status import SessionStatus, state_of
from bithuman.core.permit import PauseReason, Permit
from bithuman.errors import RuntimeNotReadyError

StatusCallback = Callable[[SessionStatus], object]

# How often the clock is looked at: a host that wakes from sleep is noticed within this time.
_NAP_S = 1.0
_FAREWELL_S = 3.0
# How often a place of the plan is asked for while others hold them all, and how much of that is left to chance.
_PLACE_S = 2.0

_log = logging.getLogger(__name__)


class Lease:
    """Exchanges the secret, beats, renews, and lets the engine go or pause through `permit`.

    A definite answer (401, 402, 403, 409) pauses at once. A 401 to a heartbeat is definite where there is no secret, or
    the secret, which is tried at once, gets 401 too. An outage lets the permit run out by itself, at the token's end.
    Either way the lease goes on, and grants again when the service does.

    Args:
        api: the server, which the lease closes at its end.
        request: what the service learns of the session.
        permit: what the engine asks, on the same clock as `clock`.
        secret: what opens the session, or
        token: a ready runtime token to go on with; one of the two.
        frames: how many frames were rendered so far, for the heartbeat.
        on_grant: called with each grant.
        look: gives another api-secret where there is one by now, such as after a rotation.
        on_status: called with every change, on the event loop; may be a coroutine function.
        clock, date, chance, sleep: time and randomness; `date` is Unix time.
    """

    def __init__(
        self,
        api: Api,
        request: SessionRequest,
        permit: Permit,
        *,
        secret: Secret | None = None,
        token: Secret | None = None,
        frames: Callable[[], int] = lambda: 0,
        on_grant: Callable[[Grant], None] = lambda _: None,
        look: Callable[[], Secret | None] = lambda: None,
        on_status: StatusCallback | None = None,
        clock: Callable[[], float] = elapsed_s,
        date: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._request = request
        self._permit = permit
        self._secret = secret
        self._token = token
        self._frames = frames
        self._on_grant = on_grant
        self._look = look
        self._callback = Callback(on_status)
        self._clock = clock
        self._chance = chance
        self._sleep = sleep
        # Others may have numbered the heartbeats of a token that was handed on; the date is past all their numbers.
        first = 1 if token is None else int(date() * 1_000)
        self._standing = Standing(has_secret=secret is not None, has_token=token is not None, seq=first)
        self._session_id: str | None = None
        self._published: tuple[object, ...] | None = None
        # One request at a time: a token that was renewed twice at once would be lost.
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._process = os.getpid()

    async def start(self, wait_for_place_s: float = 0.0) -> None:
        """Open the session, and keep it alive from then on.

        Args:
            wait_for_place_s: how long to wait where the plan has no free place.

        Raises:
            AccountStatusError: no credits, suspended, or the plan is full.
            TokenRequestError: not authorised, or no answer (`retryable`). Nothing runs then.
            RuntimeNotReadyError: it was stopped meanwhile.
        """
        self._loop = asyncio.get_running_loop()
        until_s = self._clock() + wait_for_place_s
        while (problem := await self._try_to_start()) is not None and problem.no_place and not self._stopping:
            left_s = until_s - self._clock()
            if left_s <= 0:
                break
            self._permit.pause(PauseReason.NOT_STARTED, f"{problem.message} Waiting up to {wait_for_place_s:g} s.")
            self.publish()
            await self._sleep(min(left_s, _PLACE_S * (0.5 + self._chance())))
        if problem is not None:
            self._permit.pause(PauseReason.NOT_STARTED, f"{problem.sentence} {problem.cure}")
            await self._api.aclose()
            raise problem.error()
        if self._stopping:
            raise RuntimeNotReadyError("The session was stopped while it started.", cure="Start it again.")
        self.publish()
        self._task = asyncio.create_task(self._keep(), name="bithuman-lease")
        self._task.add_done_callback(_log_failure)

    async def _try_to_start(self) -> NoGrant | None:
        async with self._turn:
            return await self._attempt()

    async def stop(self) -> None:
        """End the session: no frame from now on. The service hears of it, if it answers within a few seconds.

        It may be called on another event loop than the one that the session was started on.
        """
        self.cut()
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop():
            if loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end(), loop))
                return
            # That loop has ended, and its connections and its task with it.
            self._api, self._turn, self._task = self._api.renew(), asyncio.Lock(), None
        await self._end()

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(_FAREWELL_S), self._turn:
                if self._token is not None:
                    await self._api.end(self._token)
        except TimeoutError:
            _log.info("The service did not hear that session %s ended. It will find out by itself.", self._session_id)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._secret = self._token = None
        await self._api.aclose()

    def cut(self) -> None:
        """Allow no frame from now on, whatever the service still answers. `stop` does the rest."""
        self._stopping = True
        self._permit.pause(PauseReason.STOPPED, "The session was stopped.")
        self.publish()

    async def reauthenticate(self, secret: Secret) -> None:
        """Go on with another api-secret, such as after a rotation.

        Raises:
            AccountStatusError, TokenRequestError: as for `start`. The lease goes on trying where that is of use.
        """
        async with self._turn:
            self._take(secret)
            problem = await self._attempt()
        self.publish()
        if problem is not None:
            raise problem.error()

    @property
    def lost_its_loop(self) -> bool:
        """Whether the event loop that it was started on has ended, so that nobody keeps it alive."""
        return self._loop is not None and self._loop.is_closed()

    @property
    def in_fork(self) -> bool:
        """Whether this process is a fork of the one that made it. The session is kept alive, and ended, by that one."""
        return self._process != os.getpid()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that it was started on."""
        return self._loop

    @property
    def status(self) -> SessionStatus:
        """How the session stands now."""
        decision = self._permit.ask()
        problem = self._standing.problem
        detail = decision.detail
        if problem is not None and decision.reason in (None, PauseReason.OUTAGE):
            detail = f"{detail} {problem.sentence} {problem.cure}".strip()
        return SessionStatus(
            state=state_of(decision.reason, self._standing.failures),
            reason=decision.reason,
            detail=detail,
            transaction_id=self._request.transaction_id,
            session_id=self._session_id,
            grace_left_s=max(0.0, decision.until_s - self._clock()) if decision.allowed else 0.0,
        )

    def publish(self) -> None:
        """Call the program's callback, if something changed since the last time."""
        status = self.status
        news = (status.state, status.reason, status.detail)
        if news == self._published:
            return
        self._published = news
        _log.info("Session %s is %s. %s", status.session_id, status.state, status.detail)
        self._callback(status)

    async def _keep(self) -> None:
        while True:
            await self._rest()
            if self._stopping or self.in_fork:
                return
            async with self._turn:
                if self._standing.due_s <= self._clock() and not self._stopping:
                    await self._attempt()
            self.publish()

    async def _rest(self) -> None:
        while (left_s := self._standing.due_s - (now_s := self._clock())) > 0 and not self.in_fork:
            lapse_s = self._standing.until_s - now_s
            await self._sleep(min(left_s, _NAP_S, lapse_s if lapse_s > 0 else _NAP_S))
            self.publish()

    async def _attempt(self) -> NoGrant | None:
        """Do what is due, and what follows from it at once. None where it was granted."""
        if self._standing.refused and (another := self._look()) is not None:
            self._take(another)
        act = lease_rules.next_act(self._standing, self._clock())
        if act is Act.LOOK:
            self._standing = lease_rules.looked_in_vain(self._standing, self._clock())
            return self._standing.problem
        self._standing = lease_rules.sending(self._standing, act, self._clock())
        answer = await self._ask(act)
        if isinstance(answer, Grant):
            self._accept(answer)
            return None
        self._standing = lease_rules.refused(self._standing, act, answer, self._clock(), self._chance())
        if self._standing.refused and not self._stopping:
            self._deny()
        if act is Act.BEAT and not self._standing.has_token:
            return await self._attempt()
        return answer

    async def _ask(self, act: Act) -> Grant | NoGrant:
        if act is Act.EXCHANGE and self._secret is not None:
            return await self._api.exchange(self._secret, self._request)
        if self._token is not None:
            state = "live" if self._permit.ask().allowed else "paused"
            return await self._api.heartbeat(self._token, seq=self._standing.seq, frames=self._frames(), state=state)
        raise AssertionError("a lease has a secret or a token")

    def _accept(self, grant: Grant) -> None:
        self._standing = lease_rules.granted(self._standing, grant)
        self._token = grant.token
        self._session_id = grant.session_id
        self._on_grant(grant)
        if not self._stopping:
            self._permit.grant(self._standing.until_s)

    def _deny(self) -> None:
        problem = self._standing.problem
        if problem is not None and problem.reason is not None:
            detail = f"{problem.sentence} {problem.cure}"
            if problem.reason is PauseReason.UNAUTHORIZED:
                detail += " If the secret was rotated or revoked, pass the new one to reauthenticate()."
            self._permit.pause(problem.reason, detail)

    def _take(self, secret: Secret) -> None:
        self._secret = secret
        self._standing = lease_rules.another_secret(self._standing, self._clock())


def _log_failure(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.error("A task of the session failed.", exc_info=error)
