"""A person: a volunteer of LibriVox who reads Jane Austen, as Debian's `pocketsphinx-testdata` has it."""

import re
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.lipsync.sphinx import place_phones
from bithuman.engine.frames import SAMPLE_RATE_HZ
from tools.train_mouth.take import Take

_FOLDER = Path("/usr/share/pocketsphinx/test/data/librivox")
_LINE = re.compile(r"<s> (?P<text>.*) </s> \((?P<name>.*)\)")
_FULL_SCALE = 32_768


def read_aloud() -> list[Take]:
    """Five sentences, 25 s in all, of known text, whose phones forced alignment places in steps of 10 ms.

    Raises:
        FileNotFoundError: the package is not installed.
        ValueError: it holds something else than the sentences.
    """
    return [_read(line) for line in (_FOLDER / "transcription").read_text(encoding="utf-8").splitlines()]


def _read(line: str) -> Take:
    said = _LINE.fullmatch(line)
    if said is None:
        raise ValueError(f"This is no sentence with the name of its recording: {line}")
    samples, rate_hz = soundfile.read(_FOLDER / f"{said['name']}.wav", dtype="int16")
    if rate_hz != SAMPLE_RATE_HZ:
        raise ValueError(f"{said['name']}.wav is sampled at {rate_hz} Hz.")
    return Take((samples / _FULL_SCALE).astype(np.float32), place_phones(samples, said["text"]))
