"""The picture as a flexible sheet, made ready to be moved a thousand times a second.

Only where more than breath moves the picture is it sampled anew for a frame. The rest is copied from the nearest of
many pictures of one breath, made once. The map by which a frame is sampled is summed up on a coarse grid and stretched.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.engine.rig import MAPS, MOST_BREATH, Array, Pose, Rig, fields_of, sample_maps

CELL_PX = 8
"""Side of a cell of the coarse grid, in frame pixels."""

_REACH_PX = CELL_PX // 2
"""From a cell's side to the next cell's middle."""

_BREATHS = 33
"""On Mira a twentieth of a pixel apart."""

_FAINT = 1.5 / 255.0
"""What goes along with its part by less moves by less than a thirtieth of a pixel, which sampling does not resolve."""

_BAND_PX = 8 * CELL_PX
"""What is sampled anew is cut into bands of this height, each as narrow as it may be. OpenCV warps one that is no
larger in the calling thread, so that streams do not wait for each other (it shares out 65,536 pixels at a time)."""

_BODY = MAPS.index("body")

Image = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]
Window = tuple[slice, slice]
Mask = npt.NDArray[np.bool_]


class Sheet:
    """A base layer, ready to be moved. Streams and threads may share one.

    Args:
        base: (height * scale, width * scale, 3) uint8 BGR.
        rig: of the base.
        scale: how many layer pixels make a frame pixel, along each side.
        painted: boxes (x, y, width, height) in layer pixels outside of which what is moved equals the base.
    """

    def __init__(self, base: Image, rig: Rig, scale: int, painted: Iterable[Box]) -> None:
        self._base, self._canvases = base, list[Image]()
        size = width, height = base.shape[1] // scale, base.shape[0] // scale
        # A cell more on every side: stretched between the middles of cells, the map then reaches the frame's edges.
        x, y = np.meshgrid(_middles(width), _middles(height))
        maps = sample_maps(rig, size, x, y)
        moved = fields_of(rig, maps, x, y) * -scale  # a pixel is fetched from where it came
        still = np.stack([x, y], axis=-1) * scale + (scale - 1) / 2  # the middle of each pixel's square
        fields = np.concatenate([moved, still[None]]).astype(np.float32)

        lively = np.delete(maps, _BODY, axis=0).max(axis=0) > _FAINT
        for box in painted:
            left, top, across, down = (side / scale for side in box)
            lively |= (abs(x - left - across / 2) < (across + CELL_PX) / 2) & (
                abs(y - top - down / 2) < (down + CELL_PX) / 2
            )
        self._lively = _Region(lively, fields, size)

        self._still = np.empty((height, width, 3), np.uint8)
        _Region(np.ones_like(lively), fields, size).draw(base, Pose(), self._still)
        chest = _Region(maps[_BODY] > _FAINT, fields, size)
        self._chest = chest.window
        self._breaths = []
        for breath in np.linspace(0.0, MOST_BREATH, _BREATHS):
            frame = self._still.copy()
            chest.draw(base, Pose(breath=float(breath)), frame)
            self._breaths.append(frame[self._chest].copy())

    def still(self) -> Image:
        """The picture at rest, (height, width, 3) uint8, fresh."""
        return self._still.copy()

    @contextmanager
    def canvas(self) -> Iterator[Image]:
        """A copy of the base to paint on. Each painted box is to be covered: what the last one painted is still there.

        They are lent, not one for each stream, so that the few in use stay in the processor's cache.
        """
        try:
            canvas = self._canvases.pop()
        except IndexError:
            canvas = self._base.copy()
        yield canvas
        self._canvases.append(canvas)

    def move(self, canvas: Image, pose: Pose) -> Image:
        """The picture in that pose, (height, width, 3) uint8, fresh. The `canvas` is the base with what is painted."""
        pose = pose._replace(breath=min(max(pose.breath, 0.0), MOST_BREATH))
        frame = self._still.copy()
        frame[self._chest] = self._breaths[round(pose.breath / MOST_BREATH * (_BREATHS - 1))]
        self._lively.draw(canvas, pose, frame)
        return frame


class _Region:
    """Some of a frame's cells, and how to sample them.

    Args:
        mask: whether each cell belongs to it, with the cells just outside of the frame: (rows + 2, columns + 2).
        fields: how far each motion moves each cell's middle, and where that lies: (10, rows + 2, columns + 2, 2).
        size: of the frame, width and height.
    """

    def __init__(self, mask: Mask, fields: Array, size: tuple[int, int]) -> None:
        width, height = size
        # A point moves with the nearest middles of cells: so, whole rows beyond the mask, and half columns.
        cells = cv2.dilate(mask.astype(np.uint8), np.ones((3, 1), np.uint8))[1:-1, 1:-1]
        (top, bottom), (left, right) = _extent(cells.max(axis=1)), _extent(cells.max(axis=0))
        self.window = _window(top, min(bottom, height), max(left - _REACH_PX, 0), min(right + _REACH_PX, width))
        grid = fields[:, top // CELL_PX : bottom // CELL_PX + 2, left // CELL_PX : right // CELL_PX + 2]
        self._shape = grid.shape[1:]
        self._fields = grid.reshape(len(grid), -1).copy()
        self._bands = []
        for first in range(top, bottom, _BAND_PX):
            last = min(first + _BAND_PX, bottom, height)
            start, stop = _extent(cells[first // CELL_PX : -(-last // CELL_PX)].max(axis=0))
            if start < stop:
                start, stop = max(start - _REACH_PX, 0), min(stop + _REACH_PX, width)
                at_y, at_x = top - CELL_PX, left - CELL_PX  # where the stretched map begins
                on_map = _window(first - at_y, last - at_y, start - at_x, stop - at_x)
                self._bands.append((_window(first, last, start, stop), on_map))

    def draw(self, canvas: Image, pose: Pose, frame: Image) -> None:
        """Sample the canvas in that pose where the region lies in the frame."""
        rows, columns, _ = self._shape
        coarse = (np.array((*pose, 1.0), np.float32) @ self._fields).reshape(self._shape)
        places = cv2.resize(coarse, (columns * CELL_PX, rows * CELL_PX))
        for on_frame, on_map in self._bands:
            # Both coordinates are in the first map; the stubs know only of maps in two pieces.
            cv2.remap(  # type: ignore[call-overload]
                canvas, places[on_map], None, cv2.INTER_LINEAR, dst=frame[on_frame], borderMode=cv2.BORDER_REPLICATE
            )


def _middles(length: int) -> Array:
    """Of the cells along a side, and of one more at each end."""
    return ((np.arange(-1, -(-length // CELL_PX) + 1) + 0.5) * CELL_PX - 0.5).astype(np.float32)


def _extent(cells: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """The pixels from the first to the last cell that is set; (0, 0) where none is."""
    (which,) = np.nonzero(cells)
    return (int(which[0]) * CELL_PX, int(which[-1] + 1) * CELL_PX) if which.size else (0, 0)


def _window(top: int, bottom: int, left: int, right: int) -> Window:
    return slice(top, bottom), slice(left, right)
