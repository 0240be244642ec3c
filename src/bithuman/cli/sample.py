"""`bithuman sample`: a recording and a portrait to try the other commands with."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bithuman.cli.options import AsJson
from bithuman.cli.output import note, print_fields, print_json
from bithuman.errors import ConfigurationError

SPEECH = "speech.wav"
PORTRAIT = "portrait.png"
TEXT = "Hello. This is a short recording, made on this machine. A face can speak it now."
# The one picture in it that shows a face: NASA's portrait of the astronaut Eileen Collins, in the public domain.
PORTRAIT_PACKAGE = "scikit-image"


def sample(
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", help="Where to write.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a recording, speech.wav, and a portrait, portrait.png, to try the other commands with.

    A file that is there is kept.
    """
    portrait = _portrait()
    folder.mkdir(parents=True, exist_ok=True)
    if _is_new(folder / SPEECH):
        _write_speech(folder / SPEECH)
    if _is_new(folder / PORTRAIT):
        shutil.copyfile(portrait, folder / PORTRAIT)
    written = {"speech": str(folder / SPEECH), "portrait": str(folder / PORTRAIT)}
    if as_json:
        print_json(written)
    else:
        print_fields(written)


def _is_new(path: Path) -> bool:
    if path.exists():
        note(f"{path} is there already, and is kept.")
        return False
    return True


def _portrait() -> Path:
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise ConfigurationError(
            f"The sample portrait is a part of {PORTRAIT_PACKAGE}, which is not installed.",
            cure=f"Run: pip install --no-deps {PORTRAIT_PACKAGE}. Or use a portrait of your own.",
        ) from ModuleNotFoundError(PORTRAIT_PACKAGE)
    return Path(package.origin).parent / "data" / "astronaut.png"


def _write_speech(path: Path) -> None:
    import wave

    from bithuman.engine.speech import synthesize

    speech = synthesize(TEXT)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speech.sample_rate)
        file.writeframes(speech.bytes)
