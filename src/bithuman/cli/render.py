"""`bithuman render` and `speak`: a video of an avatar that says something."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bithuman.cli.options import ApiUrl, AsJson
from bithuman.cli.output import note, print_json
from bithuman.cli.progress import progress

if TYPE_CHECKING:
    from bithuman.engine.frames import AudioChunk

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="VIDEO.mp4", help="Where to write; a file there is replaced.")
]
AvatarFile = Annotated[
    Path | None,
    typer.Option("--avatar", exists=True, metavar="AVATAR.imx", help="Who speaks. [default: the built-in avatar]"),
]
PatienceS = Annotated[
    float | None,
    typer.Option(
        "--patience",
        min=0,
        metavar="SECONDS",
        help="How long to wait when the session is paused. [default: 600 in an outage, 0 after a refusal]",
    ),
]


def render(
    speech: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="SPEECH.wav", help="A recording; any format with sound."),
    ],
    output: Output,
    avatar: AvatarFile = None,
    patience: PatienceS = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let an avatar speak a recording into a video.

    The credential is checked first. The time that the session is open is billed; it beats, pauses and resumes as any
    session does.
    """

    def read() -> "AudioChunk":
        import numpy as np

        from bithuman.engine.audio import read_audio
        from bithuman.engine.frames import SAMPLE_RATE_HZ, AudioChunk

        blocks = list(read_audio(speech))
        return AudioChunk(np.concatenate(blocks) if blocks else np.zeros(0, np.int16), SAMPLE_RATE_HZ)

    if output.exists() and output.samefile(speech):
        raise typer.BadParameter("that is the recording itself.", param_hint="--output")
    _make(read, output, avatar, patience, api_url, as_json)


def speak(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; '-' reads it from standard input.")],
    output: Output,
    voice: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="VOICE.onnx", help="A Piper voice of your own.")
    ] = None,
    avatar: AvatarFile = None,
    patience: PatienceS = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let an avatar say a text in a video. The voice is made on this machine."""
    words = sys.stdin.read() if text == "-" else text

    def synthesized() -> "AudioChunk":
        from bithuman.engine.speech import synthesize

        try:
            return synthesize(words, voice=voice)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="TEXT") from error

    _make(synthesized, output, avatar, patience, api_url, as_json)


def _make(
    speech: "Callable[[], AudioChunk]",
    output: Path,
    avatar: Path | None,
    patience_s: float | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    _check_output(output)
    from bithuman.cli.film import Patience, shoot
    from bithuman.client.clock import elapsed_s
    from bithuman.engine.frames import FRAMES_PER_SECOND
    from bithuman.runtime import Bithuman

    with Bithuman.load(avatar, api_url=api_url) as person:
        said = speech()
        started_s = elapsed_s()
        with progress("Rendering", round(said.duration * FRAMES_PER_SECOND)) as advance:
            film = shoot(person, said, output, Patience(patience_s, note, elapsed_s), advance)
        took_s = elapsed_s() - started_s
        status = person.status
    if as_json:
        print_json(
            {
                "path": str(film.path),
                "width": film.width,
                "height": film.height,
                "frames": film.frames,
                "seconds": film.duration_s,
                "render_seconds": round(took_s, 3),
                "paused_seconds": round(film.paused_s, 3),
                "transaction_id": status.transaction_id,
                "session_id": status.session_id,
            }
        )
    else:
        typer.echo(
            f"{film.path}: {film.duration_s:.2f} s, {film.frames} frames of {film.width}×{film.height}, "
            f"made in {took_s:.2f} s."
        )


def _check_output(path: Path) -> None:
    """Refuse at once what could not be written at the end."""
    problem = ""
    if path.suffix.lower() != ".mp4":
        problem = "the video is an MP4: give a name that ends in .mp4."
    elif path.is_dir():
        problem = f"{path} is a folder."
    elif not path.parent.is_dir():
        problem = f"there is no folder {path.parent}."
    elif not os.access(path.parent, os.W_OK):
        problem = f"the folder {path.parent} is not yours to write to."
    if problem:
        raise typer.BadParameter(problem, param_hint="--output")
