"""Say a text into a video file: python say_to_video.py "Hello." hello.mp4"""

import sys

from bithuman import Bithuman
from bithuman.engine.video import VideoWriter

text, path = sys.argv[1:3]
with Bithuman.load() as avatar:
    frames = avatar.say(text)
    first = next(frames)
    assert first.bgr_image is not None
    height, width, _ = first.bgr_image.shape
    with VideoWriter(path, width, height) as video:
        video.write(first)
        for frame in frames:
            if frame.has_image:  # None while the session is paused
                video.write(frame)
print(path)
