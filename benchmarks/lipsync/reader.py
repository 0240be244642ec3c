"""A person: a volunteer of LibriVox who reads Jane Austen, as Debian's `pocketsphinx-testdata` has it."""

import re
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.lipsync.sphinx import place_phones
from tools.train_mouth.take import Take, take

_FOLDER = Path("/usr/share/pocketsphinx/test/data/librivox")
_LINE = re.compile(r"<s> (?P<text>.*) </s> \((?P<name>.*)\)")
_FULL_SCALE = 32_768


def read_aloud() -> list[Take]:
    """Five sentences, 25 s in all. The text is known, and so is when each of its phones is heard, to 10 ms.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    lines = (_FOLDER / "transcription").read_text(encoding="utf-8").splitlines()
    return [_read(line["text"], line["name"]) for line in map(_LINE.match, lines) if line]


def _read(text: str, name: str) -> Take:
    samples, rate_hz = soundfile.read(_FOLDER / f"{name}.wav", dtype="int16")
    return take((samples / _FULL_SCALE).astype(np.float32), rate_hz, place_phones(samples, text))
