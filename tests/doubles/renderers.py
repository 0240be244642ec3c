"""Renderers that show an engine's decisions."""

import numpy as np
import numpy.typing as npt

from bithuman.engine.shape import MouthShape


class FakeRenderer:
    """Draws one pixel, and remembers the mouths that it was asked to draw."""

    def __init__(self) -> None:
        self.drawn: list[MouthShape] = []

    def render(self, mouth: MouthShape, frame_index: int, stress: float, closed: float) -> npt.NDArray[np.uint8]:
        """As `Renderer` has it."""
        self.drawn.append(mouth)
        return np.full((1, 1, 3), frame_index % 256, np.uint8)
