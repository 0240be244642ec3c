"""The thread that waits for the disk, so that the event loop need not."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class DiskThread:
    """Does one thing after the other. It takes less than half of the processor time of an executor, which makes two
    futures for each call.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="disk", daemon=True)
        self._thread.start()

    async def run(self, wait: Callable[[], T]) -> T:
        """What `wait` returns, called in the thread. Raises what it raises.

        Raises:
            RuntimeError: the thread has ended.
        """
        if not self._thread.is_alive():
            raise RuntimeError("The disk's thread has ended.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._asked.put(partial(_run, wait, loop, future))
        return await future

    def start(self, work: Callable[[], None]) -> None:
        """Call `work` in the thread, and wait neither for it nor for what it raises."""
        self._asked.put(work)

    def close(self) -> None:
        """Finish what was asked, and end the thread."""
        self._asked.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (work := self._asked.get()) is not None:
            with suppress(Exception):
                work()


def _run(wait: Callable[[], Any], loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]") -> None:
    try:
        outcome = wait()
    except BaseException as error:
        loop.call_soon_threadsafe(_give, future.set_exception, future, error)
    else:
        loop.call_soon_threadsafe(_give, future.set_result, future, outcome)


def _give(settle: Callable[[Any], None], future: "asyncio.Future[Any]", outcome: Any) -> None:
    if not future.done():
        settle(outcome)
