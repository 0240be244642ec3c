"""From idling to talking, to an interruption, to talking again: the face goes on, and never jumps."""

from itertools import pairwise

import numpy as np

from benchmarks.avatars import RATE_HZ, speech
from benchmarks.engine import permitted
from bithuman.engine.avatar import open_avatar
from bithuman.engine.frames import FRAMES_PER_SECOND, VideoFrame


def test_the_head_goes_on_smoothly_through_all_that_happens() -> None:
    """Seen above the eyes, where neither mouth nor lids move anything."""
    avatar = open_avatar()
    engine = permitted(avatar, seed=5)
    frames: list[VideoFrame] = []

    def take(count: int) -> None:
        frames.extend(engine.next_frame() for _ in range(count))

    pcm = speech(2.0, seed=1).tobytes()
    take(FRAMES_PER_SECOND)
    for said in range(5, 45, 5):  # interrupted at any point of a nod
        engine.push(pcm, RATE_HZ)
        take(said)
        engine.interrupt()
        take(8)
    engine.push(pcm, RATE_HZ, last=True)
    take(3 * FRAMES_PER_SECOND)

    seen = [image[: avatar.gaze.y // avatar.scale].astype(int) for f in frames if (image := f.bgr_image) is not None]
    steps = [float(np.abs(later - earlier).mean()) for earlier, later in pairwise(seen)]
    assert len(seen) == len(frames)
    assert min(steps[FRAMES_PER_SECOND:]) > 0.0, "awake, it is never quite still"
    assert max(steps) < 2.0
    assert max(abs(later - earlier) for earlier, later in pairwise(steps)) < 0.8, "no sudden start, no sudden stop"
