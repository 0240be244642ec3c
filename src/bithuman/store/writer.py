"""The single writer: requests that arrive while a commit is under way share the next one.

An answer is given after its commit is durable, never before. One fsync serves a whole batch, which is what lets one
core acknowledge thousands of heartbeats a second (group commit: DeWitt et al., SIGMOD 1984, section 3).
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from bithuman.core import refusals
from bithuman.core.refusals import Refusal
from bithuman.store.unit import Unit

T = TypeVar("T")
MAX_BATCH = 256

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Job:
    work: Callable[[Unit], Any]
    session_id: str | None
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    outcome: Any = None


class Writer:
    """A thread that owns every write.

    Work is a function of a `Unit`. It may run twice (a batch that fails is tried again one by one), so it must do
    nothing but read and write its unit. A `Refusal` is an answer like another: what was saved before it stays saved.
    Any other exception undoes the work that raised it, and only that.

    Args:
        begin: opens a write transaction that commits when its context ends.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Unit], T], *, session_id: str | None = None) -> T:
        """Do `work` in a transaction and return its answer once that is on disk.

        Args:
            session_id: a session that the work will want; those of a whole batch are loaded together.

        Raises:
            Refusal: the work's own, or UNAVAILABLE where the database failed.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, session_id, loop, loop.create_future())
        self._jobs.put(job)
        answer: T = await job.future
        return answer

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._next_batch()
            if not batch:
                continue
            try:
                self._commit(batch)
            except Exception:
                for job in batch:
                    self._commit_alone(job)
            _answer(batch)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        """Wait for one job and take all that wait behind it. The flag says whether more may come."""
        job = self._jobs.get()
        batch: list[_Job] = []
        while job is not None:
            batch.append(job)
            if len(batch) == MAX_BATCH:
                return batch, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Job]) -> None:
        with self._begin() as connection:
            unit = Unit(connection)
            unit.prefetch({job.session_id for job in batch if job.session_id})
            for job in batch:
                try:
                    job.outcome = job.work(unit)
                except Refusal as refusal:
                    job.outcome = refusal
            unit.flush()

    def _commit_alone(self, job: _Job) -> None:
        try:
            self._commit([job])
        except Exception as error:
            _log.exception("write_failed", error=type(error).__name__)
            job.outcome = refusals.database_away()


def _answer(batch: list[_Job]) -> None:
    """Hand the outcomes back to their event loops, one wake-up for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if isinstance(job.outcome, Refusal):
            job.future.set_exception(job.outcome)
        else:
            job.future.set_result(job.outcome)
