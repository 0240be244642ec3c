"""Speech from text.

Piper and espeak-ng are GPL-3. So they are an optional extra that this process never imports: text goes to a program in
a process of its own, and samples come back (see docs/decisions/0021-speech-process-boundary.md).
"""

from collections.abc import Iterator
from itertools import chain

from bithuman.engine.frames import AudioChunk
from bithuman.engine.speech.port import SpeechSynthesizer, Spoken
from bithuman.engine.speech.text import check_letters, parts_of, plain_text
from bithuman.engine.speech.voices import Espeak, Piper, default_voice, espeak_is_installed, find_voice
from bithuman.errors import SpeechError

__all__ = [
    "Espeak",
    "Piper",
    "SpeechSynthesizer",
    "Spoken",
    "default_voice",
    "espeak_is_installed",
    "find_voice",
    "plain_text",
    "speak",
    "synthesize",
]


def speak(text: str, voice: SpeechSynthesizer | None = None) -> Iterator[Spoken]:
    """Say a text, piece by piece.

    Args:
        text: in the voice's language; line breaks count as spaces. A long one is said in parts.
        voice: who says it; `default_voice()` where None.

    Raises:
        ValueError: there is nothing to say.
        SpeechError: there is no voice, it cannot read the text, or it gives no speech; also from the iterator.

    Warns:
        UserWarning: the voice cannot read some of the letters.
    """
    line, speaker = plain_text(text), voice or default_voice()
    if (language := getattr(speaker, "language", None)) is not None:
        check_letters(line, language)
    first, *rest = parts_of(line)
    return _some(chain(speaker.synthesize(first), (piece for part in rest for piece in speaker.synthesize(part))))


def synthesize(text: str, voice: SpeechSynthesizer | None = None) -> AudioChunk:
    """Say a text, all of it at once.

    Args and errors are those of `speak`.

    Returns:
        The speech at the voice's own rate, a finished utterance.
    """
    pieces = list(speak(text, voice))
    return AudioChunk.from_bytes(b"".join(piece.pcm for piece in pieces), pieces[0].sample_rate)


def _some(pieces: Iterator[Spoken]) -> Iterator[Spoken]:
    nothing = True
    for piece in pieces:
        nothing = False
        yield piece
    if nothing:
        raise SpeechError("The voice finds nothing to say in this text.", cure="Try a text with words in it.")
