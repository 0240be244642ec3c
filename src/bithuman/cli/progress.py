"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bithuman.cli.output import note

_STEP_PERCENT = 10
_SHORT = 250
"""Frames, ten seconds of video, that are made too soon to tell how far they are in lines."""


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how much of `total` is done, on standard error. Call what it gives with the number done so far.

    Args:
        total: of frames; None where nobody knows before the end.
    """
    if not sys.stderr.isatty():
        yield _Lines(what, total).update
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


class _Lines:
    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._told = 0

    def update(self, done: int) -> None:
        if self._total is None:
            if done >= self._told + _SHORT:
                self._told = done
                note(f"{self._what}: {done} frames")
            return
        percent = min(100, 100 * done // max(self._total, 1))
        if self._total > _SHORT and percent >= self._told + _STEP_PERCENT:
            self._told = percent - percent % _STEP_PERCENT
            note(f"{self._what}: {self._told} %")
