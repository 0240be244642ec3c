"""The single writer: requests that arrive while a commit is under way share the next one.

An answer is given after its commit is durable, never before. One fsync serves a whole batch, which is what lets one
core acknowledge thousands of heartbeats a second (group commit: DeWitt et al., SIGMOD 1984, section 3).

Decisions run on the event loop, waiting for the disk in a thread: two threads that both compute would spend the core on
handing the interpreter to each other.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from bithuman.core import refusals
from bithuman.core.refusals import Refusal
from bithuman.store.unit import Unit

T = TypeVar("T")
MAX_BATCH = 256
MAX_WAITING = 10_000
# A batch waits for these turns of the event loop, so that requests which are just arriving share its commit. It takes
# microseconds, and saves a fifth of a busy server's time.
GATHERING_TURNS = 3

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Job:
    work: Callable[[Unit], Any]
    session_id: str | None
    future: "asyncio.Future[Any]"
    outcome: Any = None


class Writer:
    """Owns every write.

    Work is a function of a `Unit`. It may run twice (a batch that fails is tried again one by one), so it must do
    nothing but read and write its unit. A `Refusal` is an answer like another: what was saved before it stays saved.
    Any other exception undoes the work that raised it, and only that.

    Args:
        connect: opens a connection; each of its transactions holds the database's write lock from its beginning.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._waiting: list[_Job] = []
        self._draining: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(self, work: Callable[[Unit], T], *, session_id: str | None = None) -> T:
        """Do `work` in a transaction and return its answer once that is on disk.

        Args:
            session_id: a session that the work will want; those of a whole batch are loaded together.

        Raises:
            Refusal: the work's own, or UNAVAILABLE where the database failed.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise refusals.database_away()
        loop = asyncio.get_running_loop()
        job = _Job(work, session_id, loop.create_future())
        self._waiting.append(job)
        if self._draining is None:
            self._draining = loop.create_task(self._drain(), name="writer")
        answer: T = await job.future
        return answer

    def close(self) -> None:
        """Let go of the thread. Nothing may be waiting."""
        self._disk.shutdown()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                for _ in range(GATHERING_TURNS):
                    await asyncio.sleep(0)
                batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                await self._answer(batch)
        finally:
            self._draining = None

    async def _answer(self, batch: list[_Job]) -> None:
        try:
            connection = await self._on_disk(self._begin)
        except Exception as error:
            # Nobody can write now. To try each alone would make all wait for one lock after the other.
            _fail(batch, error)
            return
        try:
            await self._commit(connection, batch)
        except Exception as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for job in batch:
                await self._answer([job])
            return
        for job in batch:
            _settle(job)

    async def _commit(self, connection: Connection, batch: list[_Job]) -> None:
        try:
            unit = Unit(connection)
            unit.prefetch({job.session_id for job in batch if job.session_id})
            for job in batch:
                try:
                    job.outcome = job.work(unit)
                except Refusal as refusal:
                    job.outcome = refusal
            unit.flush()
        except BaseException:
            connection.close()
            raise
        await self._on_disk(partial(_finish, connection))

    async def _on_disk(self, wait: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, wait)

    def _begin(self) -> Connection:
        connection = self._connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection


def _fail(batch: list[_Job], error: Exception) -> None:
    _log.error("write_failed", jobs=len(batch), exc_info=error)
    for job in batch:
        job.outcome = refusals.database_away()
        _settle(job)


def _finish(connection: Connection) -> None:
    with connection:
        connection.commit()


def _settle(job: _Job) -> None:
    if job.future.done():
        return
    if isinstance(job.outcome, Refusal):
        job.future.set_exception(job.outcome)
    else:
        job.future.set_result(job.outcome)
