"""eSpeak NG, a formant synthesiser: many languages, any pitch and speed, a hundred kinds of voice; exact times."""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from bithuman.engine.phonemes import Phone
from bithuman.engine.speech.programs.espeak_library import (
    END_EVENT,
    PHONE_EVENT,
    PHONEME_EVENTS_IN_IPA,
    UTF_8,
    Callback,
    load_library,
)
from tools.train_mouth.symbols import american
from tools.train_mouth.take import Take, take

# A voiceless stop is told when it bursts, after the silence that belongs to it.
_VOICELESS_STOPS = ("p", "t", "k", "c", "q", "ʈ")
_CLOSURE_S = 0.04

_RETRIEVAL = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_IPA_TEXT = 2


class _Espeak:
    def __init__(self) -> None:
        self.library, data = load_library()
        self.rate_hz = self.library.espeak_Initialize(_RETRIEVAL, 0, data, PHONEME_EVENTS_IN_IPA)
        self._sound: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        self._events: list[tuple[float, str]] = []
        self._callback: Callable[..., int] = Callback(self._hear)
        self.library.espeak_SetSynthCallback(self._callback)
        self.library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def _hear(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._sound.append(np.frombuffer(ctypes.string_at(samples, 2 * count), np.int16))
        index = 0
        while events[index].type != END_EVENT:
            if events[index].type == PHONE_EVENT:
                self._events.append((events[index].audio_position / 1000, events[index].id.string.decode()))
            index += 1
        return 0

    def say(self, text: str, voice: str, words_per_minute: int, pitch: int, pitch_range: int) -> Take:
        self.voice(voice)
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self.library.espeak_SetParameter(parameter, value, 0)
        self._sound, self._events = [], []
        line = text.encode()
        self.library.espeak_Synth(line, len(line) + 1, 0, 0, 0, UTF_8, None, None)
        self.library.espeak_Synchronize()
        samples = np.concatenate(self._sound).astype(np.float32) / np.float32(32_768)
        ends = [start for start, _ in self._events[1:]] + [samples.size / self.rate_hz]
        phones: list[Phone] = []
        for (start_s, symbol), end_s in zip(self._events, ends, strict=True):
            sound = symbol.strip("_ ")
            if phones and sound.startswith(_VOICELESS_STOPS):
                start_s = max(start_s - _CLOSURE_S, phones[-1].start_s)
                phones[-1] = phones[-1]._replace(end_s=start_s)
            if end_s > start_s:
                phones.append(Phone(sound, start_s, end_s))
        return take(samples, self.rate_hz, american(phones) if voice.startswith("en") else phones)

    def voice(self, name: str) -> None:
        if self.library.espeak_SetVoiceByName(name.encode()) != 0:
            raise ValueError(f"eSpeak NG has no voice {name}.")

    def transcribe(self, text: str, language: str) -> str:
        self.voice(language)
        at = ctypes.c_char_p(text.encode())
        parts = []
        while at.value:
            parts.append(self.library.espeak_TextToPhonemes(ctypes.byref(at), UTF_8, _IPA_TEXT).decode())
        return ", ".join(parts)


@cache
def _espeak() -> _Espeak:
    return _Espeak()


def say(text: str, voice: str, words_per_minute: int = 170, pitch: int = 50, pitch_range: int = 50) -> Take:
    """A text by a voice such as `en-us+f2`: a language and a kind of voice."""
    return _espeak().say(text, voice, words_per_minute, pitch, pitch_range)


def transcribe(text: str, language: str) -> str:
    """How a text is pronounced, in the letters of the IPA."""
    return _espeak().transcribe(text, language)
