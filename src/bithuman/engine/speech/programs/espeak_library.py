"""espeak-ng's library, as far as it is called here (speak_lib.h, API revision 12)."""

import ctypes
import ctypes.util

PHONEME_EVENTS_IN_IPA = 1 | 2
UTF_8 = 1
END_EVENT, PHONE_EVENT = 0, 7


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class Event(ctypes.Structure):
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


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


def load_library() -> tuple[ctypes.CDLL, bytes | None]:
    """The library, and where its data lies if not where it looks by itself."""
    try:
        import espeakng_loader
    except ImportError:
        path = ctypes.util.find_library("espeak-ng")
        if path is None:
            raise RuntimeError("espeak-ng is not installed") from None
        return ctypes.CDLL(path), None
    return ctypes.CDLL(espeakng_loader.get_library_path()), espeakng_loader.get_data_path().encode()
