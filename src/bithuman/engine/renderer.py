"""What draws frames, seen from the engine."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from bithuman.engine.shape import MouthShape


class Renderer(Protocol):
    """Draws the frames of one stream. `Face` draws them from an avatar's pictures; another may move a 3D head."""

    def render(self, mouth: MouthShape, frame_index: int, stress: float, closed: float) -> npt.NDArray[np.uint8]:
        """The frame at `frame_index` / 25 seconds, (height, width, 3) uint8 BGR, a fresh array.

        It is called for each frame that has a picture, in order, 25 times a second, from one thread at a time.

        Args:
            mouth: the mouth's shape.
            frame_index: 0 or more; it grows, and it has gaps where frames are skipped.
            stress: 0 to 1, how stressed the speech is at this moment, for brows and head.
            closed: 0 to 1, how far the lids are closed at least.
        """
        ...
