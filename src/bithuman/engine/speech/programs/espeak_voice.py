"""espeak-ng, sentence by sentence and with the times of its phones: `python -m ….espeak_voice NAME`.

It knows about a hundred languages, takes no time and sounds like a machine.
"""

import ctypes
import re
import sys
from collections.abc import Iterator

from bithuman.engine.speech.programs.espeak_library import (
    END_EVENT,
    PHONE_EVENT,
    PHONEME_EVENTS_IN_IPA,
    UTF_8,
    Callback,
    Event,
    load_library,
)
from bithuman.engine.speech.programs.phone_times import espeak_phones
from bithuman.engine.speech.programs.wire import Piece, serve

# From espeak-ng's speak_lib.h, API revision 12.
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000

_MARKS = "ˈˌ"
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")


class _Language(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


class EspeakVoice:
    """One voice.

    Args:
        name: of a language or a voice, such as `de` or `en-gb`.
    """

    def __init__(self, name: str) -> None:
        self._library, data = load_library()
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, PHONEME_EVENTS_IN_IPA | _DONT_EXIT)
        if self._rate <= 0:
            raise RuntimeError("espeak-ng does not start")
        language = _Language(languages=name.encode())
        if self._library.espeak_SetVoiceByName(name.encode()) != 0 and (
            self._library.espeak_SetVoiceByProperties(ctypes.byref(language)) != 0
        ):
            raise ValueError(f"espeak-ng has no voice named {name}; languages go by codes such as de, en-gb or pt-br")
        self._pcm = bytearray()
        self._events: list[tuple[str, float]] = []
        self._callback = Callback(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> Iterator[Piece]:
        """Say a text."""
        for sentence in _SENTENCE.split(text):
            self._pcm.clear()
            self._events.clear()
            said = sentence.encode() + b"\0"
            self._library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 1, 0, UTF_8, None, None)
            if self._pcm:
                end_s = len(self._pcm) / 2 / self._rate
                yield Piece(bytes(self._pcm), self._rate, espeak_phones(self._events, end_s))

    def _hear(self, samples: int | None, count: int, events: "ctypes._Pointer[Event]") -> int:
        if samples:
            self._pcm += ctypes.string_at(samples, 2 * count)
        at = 0
        while events[at].type != END_EVENT:
            event = events[at]
            if event.type == PHONE_EVENT:
                # Eight bytes at most: a letter at the end may be cut.
                symbol = event.id.string.decode(errors="ignore").strip(_MARKS)
                self._events.append((symbol, event.sample / self._rate))
            at += 1
        return 0


if __name__ == "__main__":
    sys.exit(serve(lambda: EspeakVoice(sys.argv[1]).speak))
