"""Which points of MediaPipe's face mesh are which parts of a face.

Lists go from the picture's left to its right.
"""

MESH_POINTS = 468
"""The mesh has this many points; those of the irises follow them."""

LIP_POINTS = 11
"""Points of each of the four lines of the lips."""
LIP_MIDDLE = 5
"""The middle one of them."""

UPPER_LIP_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_LIP_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_LIP_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LEFT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_EYE_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_EYE_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)
LEFT_IRIS, RIGHT_IRIS = (468, 469, 470, 471, 472), (473, 474, 475, 476, 477)
"""The middle of the iris, and four points of its rim."""
LEFT_BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
RIGHT_BROW = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
CHIN, NOSE_BASE, FOREHEAD = 152, 2, 10
LEFT_EAR, RIGHT_EAR = 234, 454
NOSE = (2, 97, 326, 98, 327, 129, 358, 4)
"""The base of the nose, its wings and its tip."""
NOSE_EDGE = (2, 97, 326)
"""Where the nose meets the upper lip."""
NOSE_RIDGE = (1, 4, 5, 195)
FOREHEAD_SKIN = (151, 9, 50, 280)
"""Skin of the forehead and the upper cheeks."""
CHIN_SKIN = (199, 200, 204, 424)
