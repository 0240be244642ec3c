"""Self-hosted talking avatars: an independent implementation of bitHuman's published interface.

Every public name is here, and loaded when it is first asked for: `import bithuman` alone costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bithuman.client.status import SessionState, SessionStatus
    from bithuman.core.permit import PauseReason
    from bithuman.engine.frames import AudioChunk, VideoControl, VideoFrame
    from bithuman.engine.phonemes import Phone
    from bithuman.engine.speech import Espeak, Piper, SpeechSynthesizer, Spoken
    from bithuman.errors import (
        AccountStatusError,
        BithumanError,
        ConfigurationError,
        MediaError,
        ModelError,
        ModelLoadError,
        ModelNotFoundError,
        ModelSecurityError,
        RuntimeNotReadyError,
        SpeechError,
        TokenError,
        TokenExpiredError,
        TokenRequestError,
        TokenValidationError,
    )
    from bithuman.runtime import AsyncBithuman, Bithuman
    from bithuman.runtime import open as open
    from bithuman.runtime.speaking import SpeakingEvent

    __version__: str

_HOMES = {
    "bithuman.runtime": ("AsyncBithuman", "Bithuman", "open"),
    "bithuman.runtime.speaking": ("SpeakingEvent",),
    "bithuman.engine.frames": ("AudioChunk", "VideoControl", "VideoFrame"),
    "bithuman.engine.phonemes": ("Phone",),
    "bithuman.engine.speech": ("Espeak", "Piper", "SpeechSynthesizer", "Spoken"),
    "bithuman.client.status": ("SessionState", "SessionStatus"),
    "bithuman.core.permit": ("PauseReason",),
    "bithuman.errors": (
        "AccountStatusError",
        "BithumanError",
        "ConfigurationError",
        "MediaError",
        "ModelError",
        "ModelLoadError",
        "ModelNotFoundError",
        "ModelSecurityError",
        "RuntimeNotReadyError",
        "SpeechError",
        "TokenError",
        "TokenExpiredError",
        "TokenRequestError",
        "TokenValidationError",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

# Not `open`: a star import must not hide Python's own.
__all__ = [
    "AccountStatusError",
    "AsyncBithuman",
    "AudioChunk",
    "Bithuman",
    "BithumanError",
    "ConfigurationError",
    "Espeak",
    "MediaError",
    "ModelError",
    "ModelLoadError",
    "ModelNotFoundError",
    "ModelSecurityError",
    "PauseReason",
    "Phone",
    "Piper",
    "RuntimeNotReadyError",
    "SessionState",
    "SessionStatus",
    "SpeakingEvent",
    "SpeechError",
    "SpeechSynthesizer",
    "Spoken",
    "TokenError",
    "TokenExpiredError",
    "TokenRequestError",
    "TokenValidationError",
    "VideoControl",
    "VideoFrame",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name == "__version__":
        value: object = importlib.import_module("importlib.metadata").version("bithuman")
    elif name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'bithuman' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
