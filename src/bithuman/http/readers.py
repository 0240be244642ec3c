"""Reads that may be long run in threads, and no account takes them all."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar
from weakref import WeakValueDictionary

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Depends, Request

T = TypeVar("T")
# Fewer than the database has connections, so that a read never waits for one.
THREADS = 8
THREADS_OF_ONE = 2
# Whoever needs no secret counts as one caller.
ANYBODY = ""


class Readers:
    """Threads that are shared fairly.

    A caller has a few reads under way; further ones wait for the caller's own. So the queue for a thread, which is
    first in, first out, never holds more than these few of one caller.
    """

    def __init__(self) -> None:
        self._threads = CapacityLimiter(THREADS)
        # An entry lasts as long as somebody uses it.
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def run(self, caller: str, read: Callable[[], T]) -> T:
        """Return what `read` returns, from a thread.

        Args:
            caller: the id of the account that asks, or `ANYBODY`.
        """
        async with self._turns.setdefault(caller, asyncio.Semaphore(THREADS_OF_ONE)):
            return await anyio.to_thread.run_sync(read, limiter=self._threads)


async def _readers_of(request: Request) -> Readers:
    readers: Readers = request.app.state.readers
    return readers


CurrentReaders = Annotated[Readers, Depends(_readers_of)]
