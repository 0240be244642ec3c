"""Make a video of each recording in a folder, in one session: python batch_of_clips.py recordings/ clips/

A clip that is there already is kept, so a batch that was stopped can be started again.
"""

import sys
from pathlib import Path

import numpy as np

from bithuman import Bithuman, BithumanError
from bithuman.engine.audio import read_audio
from bithuman.engine.video import VideoWriter


def film(avatar: Bithuman, recording: Path, clip: Path) -> None:
    """Let the avatar speak one recording."""
    frames = avatar.compose(np.concatenate(list(read_audio(recording))))
    first = next(frames)
    assert first.bgr_image is not None
    height, width, _ = first.bgr_image.shape
    with VideoWriter(clip, width, height) as video:
        video.write(first)
        for frame in frames:
            if frame.has_image:
                video.write(frame)


def main(recordings: Path, clips: Path) -> int:
    clips.mkdir(exist_ok=True)
    failed = 0
    with Bithuman.load(wait_for_place_s=120) as avatar:
        for recording in sorted(recordings.glob("*.wav")):
            clip = clips / f"{recording.stem}.mp4"
            if clip.exists():
                continue
            try:
                film(avatar, recording, clip)
                print(clip)
            except BithumanError as error:
                print(f"{recording}: {error}", file=sys.stderr)
                failed += 1
    return 1 if failed else 0


sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
