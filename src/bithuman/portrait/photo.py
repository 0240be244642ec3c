"""Read a photo from a file."""

import os
from pathlib import Path

import cv2
import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.landmarks import Image

_MOST_BYTES = 100_000_000


def read_photo(path: str | os.PathLike[str]) -> Image:
    """The photo in a file, (h, w, 3) uint8 BGR, turned as its camera held it.

    Raises:
        PortraitError: there is no such file, it cannot be read, or it is not a picture.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise PortraitError(f"{file} is larger than 100 MB.", cure="Use a smaller photo.")
        content = file.read_bytes()
    except OSError as error:
        raise PortraitError(
            f"{file} cannot be read: {error.strerror}.", cure="See whether the path is right."
        ) from None
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:
        decoded = None
    if decoded is None:
        raise PortraitError(f"{file} is not a picture that can be read.", cure="Use a JPEG or PNG photo.")
    return decoded.astype(np.uint8, copy=False)
