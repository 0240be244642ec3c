"""An event loop in a thread, for programs that have none."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from bithuman.errors import RuntimeNotReadyError

_Result = TypeVar("_Result")


def forked() -> RuntimeNotReadyError:
    """What a process gets that uses what the process before its fork made."""
    return RuntimeNotReadyError("This runtime belongs to the process that made it.", cure="Make one after the fork.")


class BackgroundLoop:
    """Runs coroutines on a loop of its own until it is closed. Its thread keeps no process alive."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="bithuman", daemon=True)
        self._thread.start()
        self._ready.wait()

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run it there, wait here, and return or raise what it does. Not from the loop's own thread.

        Raises:
            RuntimeNotReadyError: it was closed.
        """
        if self._process != os.getpid():
            coroutine.close()
            raise forked()
        if not self._thread.is_alive():
            coroutine.close()
            raise RuntimeNotReadyError("This runtime was closed.", cure="Load another one.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self, farewell: Coroutine[Any, Any, None] | None = None) -> None:
        """Run `farewell` as the last thing, and end the thread.

        A garbage collector may call this on the loop's own thread, which cannot wait for itself. In a fork there is no
        such thread: the process that made it goes on.
        """
        if self._process != os.getpid():
            if farewell is not None:
                farewell.close()
            return
        last = asyncio.run_coroutine_threadsafe(self._end(farewell), self._loop)
        if threading.current_thread() is not self._thread:
            try:
                last.result()
            finally:
                self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._ready.set()
        await self._over.wait()

    async def _end(self, farewell: Coroutine[Any, Any, None] | None) -> None:
        try:
            if farewell is not None:
                await farewell
        finally:
            # Not now: the waiting thread must get the result before the loop ends.
            self._loop.call_soon(self._over.set)
