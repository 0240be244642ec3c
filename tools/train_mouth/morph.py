"""Another speaker of the same words at the same time: another pitch and another length of the vocal tract, by WORLD
(Morise et al. 2016), which takes a voice apart into pitch, envelope and breath.
"""

from typing import Any

import numpy as np

from bithuman.engine.frames import SAMPLE_RATE_HZ
from tools.train_mouth.take import Take

_TYPICAL_HZ = (85.0, 260.0)  # between a deep man and a child


def morph(take: Take, rng: np.random.Generator) -> Take:
    """The take by a speaker chosen by `rng`."""
    import pyworld

    world: Any = pyworld
    sound = take.samples.astype(np.float64)
    pitch, times = world.dio(sound, SAMPLE_RATE_HZ)
    if not (pitch > 0).any():
        return take
    envelope = world.cheaptrick(sound, pitch, times, SAMPLE_RATE_HZ)
    breath = world.d4c(sound, pitch, times, SAMPLE_RATE_HZ)
    wanted = float(np.exp(rng.uniform(*np.log(_TYPICAL_HZ))))
    raised = wanted / float(np.median(pitch[pitch > 0]))
    # A high voice mostly has a short tract: resonances rise about as the cube root of the pitch.
    shift = raised ** (1 / 3) * float(np.exp(rng.normal(0.0, 0.06)))
    lively = float(rng.uniform(0.6, 1.6))
    mean = np.log(np.median(pitch[pitch > 0]))
    voiced = np.exp((np.log(np.maximum(pitch, 1.0)) - mean) * lively + mean) * raised
    spoken = world.synthesize(
        np.where(pitch > 0, voiced, 0.0), _stretch(envelope, shift), _stretch(breath, shift), SAMPLE_RATE_HZ
    )
    return Take(np.asarray(spoken[: sound.size], np.float32), take.phones)


def _stretch(rows: Any, shift: float) -> Any:
    bins = np.arange(rows.shape[1])
    return np.ascontiguousarray([np.interp(bins / shift, bins, row) for row in rows])
