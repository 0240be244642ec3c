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


class Script:
    """Phones on the clock of one utterance. They may be known for some of its sound and not for the rest."""

    def __init__(self) -> None:
        self._phones: deque[Phone] = deque()
        # From when on they are known, and from when on not.
        self._known_from: deque[tuple[float, bool]] = deque([(0.0, False)])
        self._block: list[Articulation] = []
        self._block_start = 0

    def add(self, start_s: float, phones: Sequence[Phone] | None) -> None:
        """These phones begin at `start_s` or later, and none is missing; where None, they are not known from there on.

        Args:
            phones: seconds after `start_s`.
        """
        known = phones is not None
        if self._known_from[-1][1] != known:
            self._known_from.append((start_s, known))
        if phones:
            self._phones.extend(Phone(phone.symbol, start_s + phone.start_s, start_s + phone.end_s) for phone in phones)
            self._block = []  # a mouth is shaped by what comes, too

    def at(self, frame: int) -> Articulation | None:
        """The mouth in a frame, 25 of which are a second, or None where it is not known. Frames come in order."""
        start_s, middle_s = frame / FRAMES_PER_SECOND, (frame + 0.5) / FRAMES_PER_SECOND
        while len(self._known_from) > 1 and self._known_from[1][0] <= middle_s:
            self._known_from.popleft()
        if not self._known_from[0][1]:
            return None
        if not self._block_start <= frame < self._block_start + len(self._block):
            while self._phones and self._phones[0].end_s < start_s - _FELT_S:
                self._phones.popleft()
            felt_until_s = start_s + _BLOCK / FRAMES_PER_SECOND + _FELT_S
            felt = list(takewhile(lambda phone: phone.start_s < felt_until_s, self._phones))
            self._block, self._block_start = articulate(felt, frame, _BLOCK), frame
        return self._block[frame - self._block_start]
