"""The mouth of an utterance whose phones are known."""

from collections import deque
from collections.abc import Sequence
from itertools import takewhile

from bithuman.engine.frames import FRAMES_PER_SECOND
from bithuman.engine.phonemes import Phone, articulate
from bithuman.engine.shape import Articulation

# Frames are computed by the second, which costs as much as three alone; phones farther off than a second are not felt.
_BLOCK = FRAMES_PER_SECOND
_FELT_S = 1.0
_TOUCH_S = 1e-3


class Script:
    """Phones on the clock of one utterance. They may be known for some of its sound and not for the rest."""

    def __init__(self) -> None:
        self._phones: deque[Phone] = deque()
        self._known: deque[tuple[float, float]] = deque()
        self._block: list[Articulation] = []
        self._block_start = 0

    def add(self, start_s: float, end_s: float, phones: Sequence[Phone]) -> None:
        """The sound from `start_s` to `end_s` is known, and these phones begin in it or later.

        Args:
            phones: seconds after `start_s`.
        """
        if self._known and start_s - self._known[-1][1] < _TOUCH_S:
            start_s_of_all, _ = self._known.pop()
            self._known.append((start_s_of_all, end_s))
        else:
            self._known.append((start_s, end_s))
        if phones:
            self._phones.extend(Phone(phone.symbol, start_s + phone.start_s, start_s + phone.end_s) for phone in phones)
            self._block = []  # a mouth is shaped by what comes, too

    def at(self, frame: int) -> Articulation | None:
        """The mouth in a frame, 25 of which are a second, or None where it is not known. Frames come in order."""
        start_s, end_s = frame / FRAMES_PER_SECOND, (frame + 1) / FRAMES_PER_SECOND
        while self._known and self._known[0][1] <= start_s + _TOUCH_S:
            self._known.popleft()
        if not self._known or self._known[0][0] >= end_s - _TOUCH_S:
            return None
        if not self._block_start <= frame < self._block_start + len(self._block):
            while self._phones and self._phones[0].end_s < start_s - _FELT_S:
                self._phones.popleft()
            felt_until_s = start_s + _BLOCK / FRAMES_PER_SECOND + _FELT_S
            felt = list(takewhile(lambda phone: phone.start_s < felt_until_s, self._phones))
            self._block, self._block_start = articulate(felt, frame, _BLOCK), frame
        return self._block[frame - self._block_start]
