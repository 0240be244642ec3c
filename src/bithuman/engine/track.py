"""Speech into mouth movements without a picture, for people who animate a face of their own."""

from collections.abc import Iterable, Iterator

from bithuman.engine.audio import Samples
from bithuman.engine.backlog import Backlog, Sound
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.mouth import Mouth
from bithuman.engine.shape import Articulation


def mouth_track(blocks: Iterable[Samples]) -> Iterator[Articulation]:
    """The mouth in each 40 ms of a recording: what the engine would draw, 25 a second.

    Args:
        blocks: the recording piece by piece, each (N,) int16 at 16 kHz, as `read_audio` gives it.
    """
    mouth = Mouth()
    return (mouth.speak(sound.samples, sound.ahead) for sound in _sounds(blocks))


def _sounds(blocks: Iterable[Samples]) -> Iterator[Sound]:
    backlog = Backlog()
    for block in blocks:
        # A frame's worth at a time, as it would come: the backlog takes many frames without a push for a stall.
        for start in range(0, block.size, SAMPLES_PER_FRAME):
            backlog.push(block[start : start + SAMPLES_PER_FRAME].tobytes(), SAMPLE_RATE_HZ)
            while (sound := backlog.take()) is not None:
                yield sound
    backlog.end()
    while (sound := backlog.take()) is not None:
        yield sound
