"""espeak-ng, sentence by sentence and with the times of its phones: `python -m ….espeak_voice NAME`.

It knows about a hundred languages, takes no time and sounds like a machine.
"""

import ctypes
import ctypes.util
import re
import sys
from collections.abc import Iterator

from bithuman.engine.speech.programs.phone_times import espeak_phones
from bithuman.engine.speech.programs.wire import Piece, serve

# From espeak-ng's speak_lib.h, API revision 12.
_SYNCHRONOUS = 2
_PHONEME_EVENTS_IN_IPA = 1 | 2
_DONT_EXIT = 0x8000
_UTF_8 = 1
_END, _PHONE = 0, 7

_MARKS = "ˈˌ"
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


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


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Voice:
    """One voice.

    Args:
        name: of a language or a voice, such as `de` or `en-gb`.
    """

    def __init__(self, name: str) -> None:
        self._library, data = _find()
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS_IN_IPA | _DONT_EXIT)
        if self._rate <= 0:
            raise RuntimeError("espeak-ng does not start")
        language = _Language(languages=name.encode())
        if self._library.espeak_SetVoiceByName(name.encode()) != 0 and (
            self._library.espeak_SetVoiceByProperties(ctypes.byref(language)) != 0
        ):
            raise ValueError(f"espeak-ng has no voice named {name}; languages go by codes such as de, en-gb or pt-br")
        self._pcm = bytearray()
        self._events: list[tuple[str, float]] = []
        self._callback = _Callback(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> Iterator[Piece]:
        """Say a text."""
        for sentence in _SENTENCE.split(text):
            self._pcm.clear()
            self._events.clear()
            said = sentence.encode() + b"\0"
            self._library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 1, 0, _UTF_8, None, None)
            if self._pcm:
                end_s = len(self._pcm) / 2 / self._rate
                yield Piece(bytes(self._pcm), self._rate, espeak_phones(self._events, end_s))

    def _hear(self, samples: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples:
            self._pcm += ctypes.string_at(samples, 2 * count)
        at = 0
        while events[at].type != _END:
            event = events[at]
            if event.type == _PHONE:
                # Eight bytes at most: a letter at the end may be cut.
                symbol = event.id.string.decode(errors="ignore").strip(_MARKS)
                self._events.append((symbol, event.sample / self._rate))
            at += 1
        return 0


def _find() -> tuple[ctypes.CDLL, bytes | None]:
    """The library, and where its data lies if not where it looks by itself."""
    try:
        import espeakng_loader
    except ImportError:
        path = ctypes.util.find_library("espeak-ng")
        if path is None:
            raise RuntimeError("espeak-ng is not installed") from None
        return ctypes.CDLL(path), None
    return ctypes.CDLL(espeakng_loader.get_library_path()), espeakng_loader.get_data_path().encode()


if __name__ == "__main__":
    sys.exit(serve(lambda: Voice(sys.argv[1]).speak))
