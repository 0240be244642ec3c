"""`bithuman render` and `speak`: a video of an avatar that says something."""

import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bithuman.cli.files import check_output
from bithuman.cli.options import ApiUrl, AsJson
from bithuman.cli.output import note, print_json
from bithuman.cli.progress import progress

if TYPE_CHECKING:
    from bithuman.engine.frames import AudioChunk, VideoFrame
    from bithuman.engine.speech import SpeechSynthesizer
    from bithuman.runtime import Bithuman

PLACE_PATIENCE_S = 120.0

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="VIDEO.mp4", help="Where to write; a file there is replaced.")
]
OptionalOutput = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="VIDEO.mp4",
        help="Where to write; a file there is replaced. [default: a new file with the first argument's name]",
    ),
]
AvatarFile = Annotated[
    Path | None,
    typer.Option(
        "--avatar",
        exists=True,
        dir_okay=False,
        metavar="AVATAR.imx",
        help="Who speaks. [default: the built-in avatar]",
    ),
]
PatienceS = Annotated[
    float | None,
    typer.Option(
        "--patience",
        min=0,
        metavar="SECONDS",
        help="How long to wait for a place of the plan, and in a pause. "
        "[default: 120 for a place, 600 in an outage, 0 after a refusal]",
    ),
]


def render(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="[AVATAR.imx] SPEECH.wav",
            help="Who speaks, if it is not the built-in avatar, and a recording; any format with sound.",
        ),
    ],
    output: OptionalOutput = None,
    avatar: AvatarFile = None,
    patience: PatienceS = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let an avatar speak a recording into a video.

    The credential is checked first. The time that the session is open is billed; it beats, pauses and resumes as any
    session does.
    """

    speech, avatar = _speech_and_avatar(files, avatar)
    if output is None:
        output = Path(f"{files[0].stem}.mp4")
        if output.exists():
            raise typer.BadParameter(f"{output} is there already. Name the video with -o.", param_hint="--output")
    check_output(output, ".mp4", speech, avatar)
    from bithuman.engine.frames import FRAMES_PER_SECOND

    with _load(avatar, patience, api_url=api_url) as person:
        said = _read(speech)
        total = round(said.duration * FRAMES_PER_SECOND)
        _make(person, person.compose(said.data, said.sample_rate), total, output, patience, as_json)


def speak(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; '-' reads it from standard input.")],
    output: Output,
    voice: Annotated[
        str | None,
        typer.Option(
            metavar="VOICE",
            help="A Piper voice (VOICE.onnx), or a language of espeak-ng's, such as de. [default: Piper, English]",
        ),
    ] = None,
    avatar: AvatarFile = None,
    patience: PatienceS = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let an avatar say a text in a video. The voice is made on this machine, sentence by sentence.

    Its mouth follows the times of the voice's own sounds.
    """
    check_output(output, ".mp4", avatar)
    from bithuman.engine.speech import plain_text

    try:
        words = plain_text(_standard_input() if text == "-" else text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="TEXT") from error
    # It gets ready while the credential is checked and the avatar opened.
    speaker = _voice(voice)
    with _load(avatar, patience, api_url=api_url, voice=speaker) as person:
        with warnings.catch_warnings(record=True) as letters:
            warnings.simplefilter("always", UserWarning)
            frames = person.say(words)
        for warning in letters:
            note(str(warning.message))
        _make(person, frames, None, output, patience, as_json)


def _speech_and_avatar(files: list[Path], avatar: Path | None) -> tuple[Path, Path | None]:
    """What the arguments and `--avatar` mean: the speech comes last, and the avatar before it."""
    if len(files) > 2:
        raise typer.BadParameter("give one recording, and an avatar before it if you like.", param_hint="SPEECH")
    if len(files) == 2 and avatar is not None:
        raise typer.BadParameter("name the avatar once: before the recording, or here.", param_hint="--avatar")
    return files[-1], files[0] if len(files) == 2 else avatar


def _load(avatar: Path | None, patience_s: float | None, **options: Any) -> "Bithuman":
    from bithuman.client.status import SessionState, SessionStatus
    from bithuman.runtime import Bithuman

    wait_s = PLACE_PATIENCE_S if patience_s is None else patience_s
    waits = False

    def note_wait(status: SessionStatus) -> None:
        nonlocal waits
        if status.state is SessionState.NOT_STARTED and not waits:
            waits = True
            note(status.detail)

    return Bithuman.load(avatar, wait_for_place_s=wait_s, on_status=note_wait, **options)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8") if hasattr(sys.stdin, "buffer") else sys.stdin.read()
    except UnicodeDecodeError:
        raise ValueError("The text on standard input is not UTF-8.") from None


def _read(speech: Path) -> "AudioChunk":
    import numpy as np

    from bithuman.engine.audio import read_audio
    from bithuman.engine.frames import SAMPLE_RATE_HZ, AudioChunk

    blocks = list(read_audio(speech, note))
    return AudioChunk(np.concatenate(blocks) if blocks else np.zeros(0, np.int16), SAMPLE_RATE_HZ)


def _voice(named: str | None) -> "SpeechSynthesizer":
    from bithuman.engine.speech import Espeak, Piper, default_voice

    if named is None:
        return default_voice()
    if not named.strip():
        raise typer.BadParameter("give a voice's name or file, or leave it out.", param_hint="--voice")
    if not named.endswith(".onnx"):
        return Espeak(named)
    if not Path(named).is_file():
        raise typer.BadParameter(f"there is no file {named}.", param_hint="--voice")
    return Piper(named)


def _make(
    person: "Bithuman",
    frames: "Iterable[VideoFrame]",
    total: int | None,
    output: Path,
    patience_s: float | None,
    as_json: bool,
) -> None:
    """Write the frames, of which there will be `total` if that is known, and print what was made."""
    from bithuman.cli.film import Patience, shoot
    from bithuman.client.clock import elapsed_s
    from bithuman.engine.frames import FRAMES_PER_SECOND

    started_s = elapsed_s()
    try:
        with progress("Rendering", total, FRAMES_PER_SECOND) as advance:
            film = shoot(person, frames, output, Patience(patience_s, note, elapsed_s), advance)
    except KeyboardInterrupt:
        note(f"{output} was not written. The session closes now, and its time is billed.")
        raise
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
