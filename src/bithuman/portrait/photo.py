"""Read a photo from a file."""

import io
import os
import stat
import subprocess
from pathlib import Path

import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.apart import PROGRAMS, run_apart
from bithuman.portrait.picture.arrays import Image

_MOST_BYTES = 100_000_000
_TIMEOUT_S = 60


def read_photo(path: str | os.PathLike[str]) -> Image:
    """The photo in a file, (h, w, 3) uint8 BGR, turned as its camera held it.

    Raises:
        PortraitError: there is no such file, it cannot be read, or it is not a picture.
    """
    file = Path(path)
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PortraitError(f"{file} is not a file.", cure="Give the path of a JPEG or PNG photo.")
        if status.st_size > _MOST_BYTES:
            raise PortraitError(f"{file} is larger than 100 MB.", cure="Use a smaller photo.")
        content = file.read_bytes()
    except FileNotFoundError:
        raise PortraitError(f"There is no file {file}.", cure="See whether the path is right.") from None
    except OSError as error:
        raise PortraitError(f"{file} cannot be read: {error.strerror}.", cure="See who may read it.") from None
    try:
        decoded = run_apart(PROGRAMS / "decode.py", content, _TIMEOUT_S)
    except subprocess.SubprocessError:
        raise PortraitError(f"{file} is not a picture that can be read.", cure="Use a JPEG or PNG photo.") from None
    picture: Image = np.load(io.BytesIO(decoded))
    return picture
