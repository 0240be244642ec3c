"""What makes speech from text, seen from the engine."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from bithuman.engine.phonemes import Phone


class Spoken(NamedTuple):
    """A piece of speech."""

    pcm: bytes
    """16-bit little-endian mono."""
    sample_rate: int
    """8000 to 48000 Hz."""
    phones: Sequence[Phone] | None = None
    """The phones that begin in this piece or, where they are known so early, in later ones: seconds after its first
    sample, in order. Empty for silence, and where all were given before. None where their times are not known: then the
    mouth follows the sound."""


@runtime_checkable
class SpeechSynthesizer(Protocol):
    """What turns text into speech, such as a voice on this machine or a service."""

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """Speech piece by piece, each as soon as there is one: the mouth opens with the first.

        It is iterated in a worker thread, where it may wait, and dropped or closed when no more of it is wanted, which
        must not wait: an event loop may do it. An utterance of another text may begin before that.

        Raises:
            SpeechError: there is no speech; also from the iterator.
        """
        ...
