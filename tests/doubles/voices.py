"""Speech synthesisers that say what a test wants."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bithuman import Phone, SpeechError, Spoken

PIECE_S = 0.4


class FakeVoice:
    """Says the same pieces for each text, and remembers the texts."""

    def __init__(self, pieces: Sequence[Spoken], language: str | None = None) -> None:
        self.texts: list[str] = []
        self.language = language
        self._pieces = pieces

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """As `SpeechSynthesizer` has it."""
        self.texts.append(text)
        yield from self._pieces


class LetterVoice:
    """Says each letter of a text in 0.4 s of samples that have the letter's number. It breaks at a `!`."""

    def __init__(self, *, phones: bool = True) -> None:
        self.made: list[str] = []
        self.before: dict[str, Callable[[], object]] = {}
        """What happens before it makes a letter's piece."""
        self._phones = phones

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """As `SpeechSynthesizer` has it."""
        for letter in text:
            if letter in self.before:
                self.before[letter]()
            if letter == "!":
                raise SpeechError("The voice broke.")
            if letter == " ":
                continue
            self.made.append(letter)
            samples = np.full(int(PIECE_S * 16_000), ord(letter), "<i2")
            yield Spoken(samples.tobytes(), 16_000, [Phone(letter, 0.0, PIECE_S)] if self._phones else None)
