"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bithuman.cli.output import note

_STEP_PERCENT = 10
_STEP_S = 5
_SHORT = 250
"""Frames, ten seconds of video, that are made too soon to print how far they are in lines."""


@contextmanager
def progress(what: str, total: int | None, rate: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is, on standard error. Call what it gives with the number of frames done so far.

    Args:
        total: of frames; None where nobody knows before the end. Then it shows how many seconds of video there are.
        rate: frames a second.
    """
    if not sys.stderr.isatty():
        yield _Lines(what, total, rate).update
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), BarColumn())
    if total is not None:
        columns += (MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def update(done: int) -> None:
            made = what if total is not None else f"{what}: {done / rate:.0f} s of video"
            bar.update(task, completed=done, description=made)

        yield update


class _Lines:
    def __init__(self, what: str, total: int | None, rate: int) -> None:
        self._what = what
        self._total = total
        self._rate = rate
        self._printed = 0

    def update(self, done: int) -> None:
        if self._total is None:
            if done >= (self._printed + _STEP_S) * self._rate:
                self._printed += _STEP_S
                note(f"{self._what}: {self._printed} s of video so far")
            return
        percent = min(100, 100 * done // max(self._total, 1))
        if self._total > _SHORT and percent >= self._printed + _STEP_PERCENT:
            self._printed = percent - percent % _STEP_PERCENT
            note(f"{self._what}: {self._printed} %")
