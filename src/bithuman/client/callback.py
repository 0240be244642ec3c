"""A function of the program that is called with news. Whatever it does, the session goes on."""

import asyncio
import inspect
import logging
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

News = TypeVar("News")

_log = logging.getLogger(__name__)


class Callback(Generic[News]):
    """Calls a function, or a coroutine function, on the event loop. Its failures are logged.

    Args:
        function: None is called by nobody.
    """

    def __init__(self, function: Callable[[News], object] | None) -> None:
        self._function = function
        self._running: set[asyncio.Future[Any]] = set()

    def __call__(self, news: News) -> None:
        """Call it. A coroutine runs on its own from here."""
        if self._function is None:
            return
        try:
            answer = self._function(news)
        except Exception:
            _log.exception("A callback of the program failed.")
            return
        if inspect.isawaitable(answer):
            running = asyncio.ensure_future(answer)
            self._running.add(running)
            running.add_done_callback(self._done)

    def weakly(self) -> Callable[[News], None]:
        """A function that calls this one as long as something else refers to it.

        Sessions are kept by their event loop. They hold the program's functions this way, because such a function often
        refers to the runtime, which could not be collected otherwise.
        """
        reference = weakref.ref(self)

        def call(news: News) -> None:
            if (callback := reference()) is not None:
                callback(news)

        return call

    def _done(self, running: "asyncio.Future[Any]") -> None:
        self._running.discard(running)
        if not running.cancelled() and (error := running.exception()) is not None:
            _log.error("A callback of the program failed.", exc_info=error)
