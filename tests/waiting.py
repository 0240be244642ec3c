"""Waiting for what happens elsewhere, such as in a server's process."""

import asyncio
from collections.abc import Callable

DEADLINE_S = 30.0


async def until(happened: Callable[[], object]) -> None:
    """Ask again until it has happened.

    Raises:
        TimeoutError: it has not happened in 30 seconds.
    """
    async with asyncio.timeout(DEADLINE_S):
        while not happened():
            await asyncio.sleep(0.02)
