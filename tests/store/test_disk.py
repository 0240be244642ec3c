"""The thread that waits for the disk."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from bithuman.store.disk import DiskThread


@pytest.fixture
def disk() -> Iterator[DiskThread]:
    made = DiskThread()
    yield made
    made.close()


async def test_it_returns_what_the_call_returns(disk: DiskThread) -> None:
    assert await disk.run(threading.current_thread) is not threading.current_thread()


async def test_it_raises_what_the_call_raises_and_goes_on(disk: DiskThread) -> None:
    with pytest.raises(ZeroDivisionError):
        await disk.run(lambda: 1 // 0)
    disk.start(lambda: [][0])
    assert await disk.run(lambda: 2) == 2


async def test_calls_run_in_the_order_in_which_they_were_asked(disk: DiskThread) -> None:
    done: list[int] = []
    await asyncio.gather(*(disk.run(partial(done.append, number)) for number in range(50)))
    assert done == list(range(50))


async def test_a_caller_that_was_cancelled_is_not_waited_for(disk: DiskThread) -> None:
    release = threading.Event()
    waiting = asyncio.create_task(disk.run(release.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await disk.run(lambda: 2) == 2


async def test_a_call_after_the_end_is_refused(disk: DiskThread) -> None:
    disk.close()
    with pytest.raises(RuntimeError):
        await disk.run(lambda: 1)
