"""The mouth of a recording, without a picture."""

import numpy as np
import pytest

from bithuman.engine.frames import SAMPLES_PER_FRAME
from bithuman.engine.track import mouth_track


@pytest.mark.parametrize("size", [100, SAMPLES_PER_FRAME, 4096, 48_000])
def test_how_a_recording_is_cut_changes_nothing(size: int) -> None:
    random = np.random.default_rng(0)
    loudness = 3_000 * (1 + np.sin(np.arange(32_000) / 700))
    recording = (loudness * random.standard_normal(32_000)).clip(-32_768, 32_767).astype(np.int16)
    cut = list(mouth_track(recording[start : start + size] for start in range(0, recording.size, size)))
    whole = list(mouth_track([recording]))
    assert len(cut) == len(whole) == 50
    for one, other in zip(cut, whole, strict=True):
        assert one.shape == other.shape
        np.testing.assert_array_equal(one.visemes, other.visemes)


def test_a_recording_without_sound_has_no_mouth() -> None:
    assert list(mouth_track([])) == []
