"""How near the mouth comes to what the phones ask for, beside other methods: `python -m benchmarks.lipsync`.

It runs in the trainer's environment (tools/train_mouth/requirements.txt) and needs Debian's flite, festival,
festvox-italp16k, festvox-itapc16k, festvox-suopuhe-lj, festvox-czech-dita, festvox-ru and pocketsphinx-testdata.
HEADAUDIO names the unpacked npm package @met4citizen/headaudio. What --voices and --methods leave out is not needed.
"""

import argparse
from collections.abc import Callable

import numpy as np

from benchmarks.lipsync.measures import Mouthing, Score, jitter, score
from benchmarks.lipsync.methods import METHODS
from benchmarks.lipsync.recordings import VOICES, Sound, pink_noise, record, with_noise
from bithuman.engine.frames import SAMPLES_PER_FRAME

_COLUMNS = (
    "opening r",
    "gap r",
    "viseme",
    "p b m closed",
    "false a s",
    "u o w round",
    "rounding r",
    "pauses shut",
    "A/V ms",
)
_STILL_S = 10


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", nargs="*", default=list(VOICES), help="of the benchmark's; all where not given")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--noise-db", nargs="*", type=float, default=[20.0, 10.0], help="ratios of speech to noise")
    options = parser.parse_args()
    recordings = [record(voice) for voice in options.voices]
    recordings += [with_noise(recordings[0], snr_db) for snr_db in options.noise_db]
    for recording in recordings:
        print(f"\n{recording.name}\n\n| | {' | '.join(_COLUMNS)} |\n|{' --- |' * (len(_COLUMNS) + 1)}")
        for name in options.methods:
            print(f"| {name} | {_cells(score(METHODS[name](recording.sound), recording.phones))} |", flush=True)
    print("\nNobody speaks: how much the lips move a frame, and how far they part")
    print("\n| | silence | -60 dB | -45 dB | -30 dB |\n| --- | --- | --- | --- | --- |")
    for name in options.methods:
        print(f"| {name} | {' | '.join(_still(METHODS[name], sound) for sound in _stills())} |", flush=True)


def _cells(result: Score) -> str:
    *shares, offset_ms = result
    cells = ["–" if share is None else f"{share:.2f}" for share in shares]
    return " | ".join([*cells, f"{offset_ms:+.0f}"])


def _stills() -> list[Sound]:
    """Silence, and pink noise of three levels."""
    samples = _STILL_S * 25 * SAMPLES_PER_FRAME
    return [np.zeros(samples), *(pink_noise(samples) * 10 ** (level_db / 20) for level_db in (-60, -45, -30))]


def _still(method: Callable[[Sound], Mouthing], sound: Sound) -> str:
    made = method(sound)
    return f"{jitter(made):.3f} / {made.gap.max():.2f}"


if __name__ == "__main__":
    main()
