"""Decode one picture. A program of its own: `python decode.py < photo.jpg > picture.npy`.

The libraries that decode PNG and JPEG print warnings to the standard error themselves, past Python. In a process of its
own this disturbs nobody, and a picture that crashes its decoder crashes nothing else.
"""

import io
import sys

import cv2
import numpy as np


def main() -> None:
    """Read a file. Write its pixels, (h, w, 3) uint8 BGR, turned as its camera held it; exit 1 if it is no picture."""
    picture = cv2.imdecode(np.frombuffer(sys.stdin.buffer.read(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(1)
    out = io.BytesIO()
    np.save(out, picture)
    sys.stdout.buffer.write(out.getbuffer())


if __name__ == "__main__":
    main()
