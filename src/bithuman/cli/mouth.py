"""`bithuman mouth`: what a mouth does while it says a recording, for people who animate a face of their own."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bithuman.cli.output import note, print_json

if TYPE_CHECKING:
    from bithuman.engine.shape import Articulation


def mouth(
    speech: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="SPEECH.wav", help="A recording; any format with sound."),
    ],
    as_csv: Annotated[bool, typer.Option("--csv/--json", help="A line for each frame, or one document.")] = True,
) -> None:
    """Print how the mouth moves while it says a recording, 25 times a second.

    Seven numbers for the mouth's shape and a weight for each of fifteen visemes, whose sum is 1. Needs no credential
    and costs nothing: no avatar is drawn.
    """
    from bithuman.engine.audio import read_audio
    from bithuman.engine.frames import FRAMES_PER_SECOND
    from bithuman.engine.shape import VISEMES, MouthShape
    from bithuman.engine.track import mouth_track

    rows = (
        (frame / FRAMES_PER_SECOND, *_rounded(articulation))
        for frame, articulation in enumerate(mouth_track(read_audio(speech, note)))
    )
    shape = len(MouthShape._fields)
    if as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(("time_s", *MouthShape._fields, *VISEMES))
        table.writerows(rows)
    else:
        print_json(
            {
                "fps": FRAMES_PER_SECOND,
                "shape": MouthShape._fields,
                "visemes": VISEMES,
                "frames": [
                    {"time_s": time_s, "shape": numbers[:shape], "visemes": numbers[shape:]}
                    for time_s, *numbers in rows
                ],
            }
        )


def _rounded(articulation: "Articulation") -> Iterator[float]:
    return (round(float(value), 3) for value in (*articulation.shape, *articulation.visemes))
