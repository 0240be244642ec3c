"""An event loop in a thread."""

import asyncio
import threading

import pytest

from bithuman.client.background import BackgroundLoop
from bithuman.errors import RuntimeNotReadyError


def test_it_returns_and_raises_what_a_coroutine_does() -> None:
    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    async def fail() -> None:
        raise ValueError("as asked")

    background = BackgroundLoop()
    assert background.run(double(21)) == 42
    with pytest.raises(ValueError, match="as asked"):
        background.run(fail())
    background.close()
    with pytest.raises(RuntimeNotReadyError):
        background.run(double(1))


def test_the_farewell_is_the_last_thing_and_its_failure_ends_the_thread_too() -> None:
    async def fail() -> None:
        raise ValueError("as asked")

    before = threading.active_count()
    background = BackgroundLoop()
    with pytest.raises(ValueError, match="as asked"):
        background.close(fail())
    assert threading.active_count() == before


def test_it_can_be_closed_on_its_own_thread() -> None:
    """A garbage collector runs anywhere."""

    async def close() -> None:
        background.close()

    background = BackgroundLoop()
    background.run(close())
    background._thread.join()
