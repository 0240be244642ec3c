"""Where the parts of a face lie in a picture."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bithuman.portrait.face import landmarks
from bithuman.portrait.face.eyes import Eye, find_eye
from bithuman.portrait.face.lips import Lips, relax, smile_of
from bithuman.portrait.picture.arrays import Points

_NECK_BELOW_CHIN = 0.45
"""In eye distances."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the parts of one face lie. Everything is computed from `points`, when it is first asked for.

    Attributes:
        points: (478, 3), the face mesh, in pixels of the picture; z towards the viewer negative.
    """

    points: Points

    @cached_property
    def irises(self) -> tuple[Points, Points]:
        """The middles of the left and the right iris in the picture, (2,) each."""
        return self.points[landmarks.LEFT_IRIS[0], :2], self.points[landmarks.RIGHT_IRIS[0], :2]

    @cached_property
    def eye_distance(self) -> float:
        """The distance between the irises in pixels: the unit of most lengths."""
        left, right = self.irises
        return float(np.linalg.norm(left - right))

    @cached_property
    def eyes(self) -> tuple[Eye, Eye]:
        """The eye on the picture's left, and the one on its right."""
        left = find_eye(self.points, landmarks.LEFT_EYE_UPPER, landmarks.LEFT_EYE_LOWER, landmarks.LEFT_IRIS)
        right = find_eye(self.points, landmarks.RIGHT_EYE_UPPER, landmarks.RIGHT_EYE_LOWER, landmarks.RIGHT_IRIS)
        return left, right

    @cached_property
    def lips(self) -> Lips:
        """The lips as they are in the picture."""
        return Lips(
            self.at(landmarks.UPPER_LIP_OUTER),
            self.at(landmarks.UPPER_LIP_INNER),
            self.at(landmarks.LOWER_LIP_INNER),
            self.at(landmarks.LOWER_LIP_OUTER),
        )

    @cached_property
    def smile(self) -> float:
        """How far the lips are from rest, 0 to 1: parted, or wide."""
        return smile_of(self.lips, self.eye_distance)

    @cached_property
    def rest(self) -> Lips:
        """The lips at rest: closed and at ease."""
        return relax(self.lips, self.eye_distance)

    @property
    def chin(self) -> Points:
        """(3,)."""
        chin: Points = self.points[landmarks.CHIN]
        return chin

    @property
    def chin_y(self) -> float:
        return float(self.chin[1])

    @property
    def forehead(self) -> Points:
        """The top of the forehead, (3,)."""
        forehead: Points = self.points[landmarks.FOREHEAD]
        return forehead

    @property
    def nose_base_y(self) -> float:
        return float(self.points[landmarks.NOSE_BASE, 1])

    @property
    def half_width(self) -> float:
        """Half the distance between the ears."""
        return float(self.points[landmarks.RIGHT_EAR, 0] - self.points[landmarks.LEFT_EAR, 0]) / 2.0

    @property
    def neck(self) -> tuple[float, float]:
        """The point that the head turns about."""
        return float(self.chin[0]), self.chin_y + _NECK_BELOW_CHIN * self.eye_distance

    @property
    def oval(self) -> Points:
        """The outline of the face, (n, 2)."""
        return self.at(landmarks.FACE_OVAL)

    def at(self, indices: tuple[int, ...]) -> Points:
        """Points of the mesh in the picture, (n, 2)."""
        chosen: Points = self.points[list(indices), :2]
        return chosen

    def at_full_size(self, scale: float) -> "Geometry":
        """The same face in a photo that this picture shows at `scale` of its size."""
        return Geometry(self.points / scale)

    def lies_within(self, width: int, height: int) -> bool:
        """Whether all of the face lies in a picture of that size."""
        mesh = self.points[: landmarks.MESH_POINTS, :2]
        return bool(np.all((mesh >= 0.0) & (mesh < (width, height))))
