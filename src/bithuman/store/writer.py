"""The single writer: requests that arrive while a commit is under way share the next one.

An answer is given after its commit is durable, never before. One fsync serves a whole batch, which is what lets one
core acknowledge thousands of heartbeats a second (group commit: DeWitt et al., SIGMOD 1984, section 3).

Decisions run on the event loop, waiting for the disk in a thread: two threads that both compute would spend the core on
handing the interpreter to each other.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from bithuman.core import refusals
from bithuman.core.refusals import Refusal
from bithuman.store.disk import DiskThread
from bithuman.store.transaction import Transaction
from bithuman.store.unit import Unit

T = TypeVar("T")
# Takes what the work returned, or the `Refusal` in its place.
Answer = Callable[[Any], None]
MAX_BATCH = 256
MAX_WAITING = 10_000
MAX_LARGE = 256
# A batch waits for these turns of the event loop, so that requests which are just arriving share its commit. It takes
# microseconds, and saves a fifth of a busy server's time.
GATHERING_TURNS = 3
_CURE = "Make room on the disk of the database, or wait for the program that holds it. The server goes on by itself."

_log = structlog.get_logger(__name__)


class _Job:
    """What is asked, and who waits."""

    __slots__ = ("answer", "outcome", "session_id", "work")

    def __init__(self, work: Callable[[Unit], Any], answer: Answer, session_id: str | None) -> None:
        self.work = work
        self.answer = answer
        self.session_id = session_id
        self.outcome: Any = None


class Writer:
    """Owns every write.

    Work is a function of a `Unit`. It may run twice (a batch that fails is tried again one by one), so it must do
    nothing but read and write its unit. A `Refusal` is an answer like another: what was saved before it stays saved.
    Any other exception undoes the work that raised it, and only that.

    Args:
        transaction: the connection that writes.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._waiting: list[_Job] = []
        self._large: deque[_Job] = deque()
        self._large_is_due = False
        self._under_way: list[_Job] = []
        self._draining: asyncio.Task[None] | None = None
        self._disk = DiskThread()

    def submit(
        self, work: Callable[[Unit], Any], answer: Answer, *, session_id: str | None = None, is_large: bool = False
    ) -> None:
        """Do `work` in a transaction and call `answer` with what it returned, or its `Refusal`, once that is on disk.

        Args:
            session_id: a session that the work will want; those of a whole batch are loaded together.
            is_large: the work takes milliseconds. It gets a transaction of its own, in turn with all small work.
        """
        job = _Job(work, answer, session_id)
        if len(self._waiting) >= MAX_WAITING or (is_large and len(self._large) >= MAX_LARGE):
            job.outcome = refusals.database_away()
            _settle(job)
            return
        if is_large:
            self._large.append(job)
        else:
            self._waiting.append(job)
        if self._draining is None:
            self._start_draining()

    async def run(self, work: Callable[[Unit], T], *, session_id: str | None = None) -> T:
        """As `submit`, for whoever awaits the answer.

        Raises:
            Refusal: the work's own, or UNAVAILABLE where the database failed.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.submit(work, partial(_resolve, future), session_id=session_id)
        return await future

    async def finish(self) -> None:
        """Wait until nothing is waiting."""
        while self._draining is not None:
            await asyncio.wait({self._draining})

    def close(self) -> None:
        """Let go of the thread. Nothing may be waiting: see `finish`."""
        self._give_up()
        self._disk.close()

    def _start_draining(self) -> None:
        self._draining = asyncio.get_running_loop().create_task(self._drain(), name="writer")
        self._draining.add_done_callback(self._drained)

    async def _drain(self) -> None:
        while self._waiting or self._large:
            for _ in range(GATHERING_TURNS):
                await asyncio.sleep(0)
            self._under_way = self._next_batch()
            await self._answer(self._under_way)
            self._under_way = []

    def _next_batch(self) -> list[_Job]:
        self._large_is_due = bool(self._large) and (self._large_is_due or not self._waiting)
        if self._large_is_due:
            self._large_is_due = False
            return [self._large.popleft()]
        batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
        self._large_is_due = True
        return batch

    def _drained(self, task: "asyncio.Task[None]") -> None:
        """However the task ended, nobody is left waiting, and no transaction open."""
        self._draining = None
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            if self._waiting or self._large:
                self._start_draining()
            return
        self._give_up()
        left = [*self._under_way, *self._waiting, *self._large]
        self._under_way, self._waiting = [], []
        self._large.clear()
        _fail(left, error)

    async def _answer(self, batch: list[_Job]) -> Exception | None:
        """Settle a batch. Returns what kept the database from beginning a transaction: then nobody can write now."""
        transaction = self._transaction
        try:
            unit = transaction.try_begin()
            if unit is None:
                await self._disk.run(transaction.begin)
                unit = transaction.begun()
        except Exception as error:
            self._give_up()
            _fail(batch, error)
            return error
        try:
            _decide(unit, batch)
            transaction.write(unit)
            await self._disk.run(transaction.commit)
        except Exception as error:
            self._give_up()
            if len(batch) > 1:
                return await self._answer_alone(batch)
            _fail(batch, error)
            return None
        transaction.committed()
        for job in batch:
            _settle(job)
        return None

    async def _answer_alone(self, batch: list[_Job]) -> Exception | None:
        for number, job in enumerate(batch, 1):
            # To try each of the rest too would make all wait for one lock after the other.
            if (error := await self._answer([job])) is not None:
                _fail(batch[number:], error)
                return error
        return None

    def _give_up(self) -> None:
        """Undo the transaction that is open. The thread does so before it begins another."""
        self._transaction.abandon()
        self._disk.start(self._transaction.roll_back)


def _decide(unit: Unit, batch: list[_Job]) -> None:
    unit.prefetch(job.session_id for job in batch if job.session_id is not None)
    for job in batch:
        try:
            job.outcome = job.work(unit)
        except Refusal as refusal:
            job.outcome = refusal


def _fail(batch: list[_Job], error: BaseException) -> None:
    for job in batch:
        job.outcome = refusals.database_away()
        _settle(job)
    if isinstance(error, Refusal):
        return  # Whoever refused has logged why.
    if isinstance(error, DBAPIError | sqlite3.Error):
        # A disk that is full, or a lock that is held: the database's own words, and no fault of the code.
        words = str(error.orig if isinstance(error, DBAPIError) else error)
        _log.error("write_failed", jobs=len(batch), error=words, cure=_CURE)
        return
    _log.error("write_failed", jobs=len(batch), exc_info=error)


def _settle(job: _Job) -> None:
    """Whoever waits may fail to take the answer; the others still get theirs."""
    try:
        job.answer(job.outcome)
    except Exception as error:
        _log.error("answer_failed", exc_info=error)


def _resolve(future: "asyncio.Future[Any]", outcome: Any) -> None:
    if future.done():
        return
    if isinstance(outcome, Refusal):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
