"""What the benchmarks of the engine draw and say."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.engine.atlas import Atlas, Image
from bithuman.engine.avatar import Avatar

RATE_HZ = 24_000
"""Of the speech: what most voices of services give, so that it has to be resampled."""

_ZOOM = 1.5


def speech(seconds: float, seed: int = 0) -> npt.NDArray[np.int16]:
    """Syllables, pauses and hisses for `RATE_HZ`, int16; no two are alike."""
    rng = np.random.default_rng(seed)
    pieces, samples = [], 0
    while samples < seconds * RATE_HZ:
        time_s = np.arange(int(rng.uniform(0.1, 0.3) * RATE_HZ)) / RATE_HZ
        hertz, swell = rng.uniform(90.0, 220.0), np.sin(np.pi * np.linspace(0.0, 1.0, time_s.size))
        voice = sum(np.sin(2.0 * np.pi * n * hertz * time_s) * rng.uniform(0.1, 1.0) / n for n in range(1, 20))
        hiss = rng.normal(0.0, 1.0, time_s.size) * rng.choice([0.02, 0.3])
        pause = np.zeros(int(rng.choice([0.0, 0.05, 0.4], p=[0.7, 0.2, 0.1]) * RATE_HZ))
        pieces += [4000.0 * swell * (voice + hiss), pause]
        samples += time_s.size + pause.size
    sound: npt.NDArray[np.int16] = np.concatenate(pieces)[: int(seconds * RATE_HZ)].clip(-32_000, 32_000)
    return sound.astype(np.int16)


def widescreen(avatar: Avatar) -> Avatar:
    """A square avatar of 512 pixels as one of 1280 by 720: half as large again, cut above, with more background."""
    left = (1280 - int(_ZOOM * avatar.width)) // 2 * avatar.scale
    top = (720 - int(_ZOOM * avatar.height)) * avatar.scale

    def frame(picture: Image, parts_of_layer: float = 1.0) -> Image:
        x, y = int(left * parts_of_layer), int(top * parts_of_layer)
        large = _zoomed(picture)[-y:]
        return cv2.copyMakeBorder(large, 0, 0, x, x, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)

    def atlas(small: Atlas) -> Atlas:
        large = {id(tile): _zoomed(tile) for tile in small.grid}
        x, y = int(_ZOOM * small.x) + left, int(_ZOOM * small.y) + top
        return Atlas(x, y, small.axes, tuple(large[id(tile)] for tile in small.grid))

    rig = avatar.rig
    motion = np.stack([frame(part, part.shape[1] / (avatar.width * avatar.scale)) for part in rig.motion])
    neck = (_ZOOM * rig.neck[0] + left / avatar.scale, _ZOOM * rig.neck[1] + top / avatar.scale)
    return replace(
        avatar,
        width=1280,
        height=720,
        base=frame(avatar.base),
        mouth=atlas(avatar.mouth),
        gaze=atlas(avatar.gaze),
        lids=atlas(avatar.lids),
        rig=replace(rig, motion=motion, neck=neck, half_face_px=_ZOOM * rig.half_face_px, drop=_ZOOM * rig.drop),
    )


def _zoomed(picture: Image) -> Image:
    return cv2.resize(picture, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
