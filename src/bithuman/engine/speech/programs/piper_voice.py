"""Piper, piece by piece and with the times of its phones: `python -m ….piper_voice VOICE.onnx`."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from piper import PiperVoice
from piper.config import PhonemeType, PiperConfig

from bithuman.engine.speech.programs.networks import Array, Networks
from bithuman.engine.speech.programs.phone_times import piper_phones
from bithuman.engine.speech.programs.sentences import in_parts
from bithuman.engine.speech.programs.wire import Piece, serve

_PAUSE_S = 0.25  # between two sentences

# Voices differ in level by how they were recorded, so each has a gain. One for all that it says: one for each sentence,
# as Piper has it, makes a murmur as loud as a cry.
_LEVEL_RMS = 0.08
_KNEE = 0.7  # louder peaks are rounded off
_TRIAL = "It is a warm day."
_SOFTEST_RMS = 0.04  # what is softer is no speech: a voice of another script only murmurs at the trial

_NOT_IPA = (PhonemeType.TEXT, PhonemeType.PINYIN)


class Voice:
    """One voice, loaded and warm.

    Args:
        path: an `.onnx` file with its `.onnx.json` beside it.
    """

    def __init__(self, path: Path) -> None:
        self._config = PiperConfig.from_dict(json.loads(Path(f"{path}.json").read_bytes()))
        self._networks = Networks(onnx.load(path), self._config.hop_length)
        # Only its reading is used here: from text to phones, for every kind of voice.
        self._reader = PiperVoice(session=self._networks.first, config=self._config)
        self._symbols = {ids[0]: symbol for symbol, ids in self._config.phoneme_id_map.items() if len(ids) == 1}
        self._gain = 1.0
        trial = b"".join(piece.pcm for piece in self.speak(_TRIAL, steady=True))
        if trial:
            level = np.sqrt(np.square(np.frombuffer(trial, np.int16) / 32_768.0).mean())
            self._gain = _LEVEL_RMS / max(float(level), _SOFTEST_RMS)

    def speak(self, text: str, *, steady: bool = False) -> Iterator[Piece]:
        """Say a text.

        Args:
            steady: whether to say it without the variation that makes every time a little different.
        """
        pause = b""
        for sentence in in_parts(self._reader.phonemize(text)):
            for piece in self._say(self._reader.phonemes_to_ids(sentence), 0.0 if steady else 1.0):
                if pause:
                    yield Piece(pause, self._config.sample_rate, [])
                    pause = b""
                yield piece
            ends = sentence[-1] != " "  # a part of one ends with a word
            pause = bytes(2 * round(_PAUSE_S * self._config.sample_rate)) if ends else b""

    def _say(self, ids: Sequence[int], variation: float) -> Iterator[Piece]:
        config = self._config
        scales = [variation * config.noise_scale, config.length_scale, variation * config.noise_w_scale]
        sentence: dict[str, Array] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
        }
        if config.num_speakers > 1:
            sentence["sid"] = np.array([config.default_speaker_id], np.int64)
        durations, stretches = self._networks.speak(sentence)
        phones = None
        if durations is not None and config.phoneme_type not in _NOT_IPA:
            symbols = [self._symbols.get(number, "_") for number in ids]
            phones = piper_phones(symbols, (durations / config.sample_rate).tolist())
        for samples in stretches:
            yield Piece(_pcm(self._gain * samples), config.sample_rate, phones)
            # All were reported with the first stretch.
            phones = None if phones is None else []


def _pcm(samples: Array) -> bytes:
    over = np.maximum(np.abs(samples) - _KNEE, 0.0)
    level = np.minimum(np.abs(samples), _KNEE) + (1.0 - _KNEE) * np.tanh(over / (1.0 - _KNEE))
    return (np.copysign(level, samples) * 32_767.0).astype("<i2").tobytes()


if __name__ == "__main__":
    sys.exit(serve(lambda: Voice(Path(sys.argv[1])).speak))
