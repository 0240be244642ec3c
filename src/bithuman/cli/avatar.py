"""`bithuman avatar`: make an avatar from a photo, and see what it can do."""

import re
from pathlib import Path
from typing import Annotated

import typer

from bithuman.cli.files import check_output
from bithuman.cli.options import AsJson
from bithuman.cli.output import note, print_fields, print_json
from bithuman.errors import MediaError

app = typer.Typer(no_args_is_help=True, help="Make an avatar from a photo, and look at it.")

_NAME_CHARACTERS = 200


@app.command()
def build(
    portrait: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="PORTRAIT.jpg", help="A photo of one person's face, from the front."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="ME.imx", help="The avatar file to write.")],
    name: Annotated[str | None, typer.Option(help="What to call the avatar; the photo's name where left out.")] = None,
    size: Annotated[str, typer.Option(metavar="WIDTHxHEIGHT", help="Of its frames: two even numbers.")] = "512x512",
    as_json: AsJson = False,
) -> None:
    """Make an avatar from a photo, on this machine, in under a minute.

    Whoever is in the photo must have agreed to it. Needs no credential; needs the extra `portrait`.
    """
    from bithuman.engine.avatar import open_avatar
    from bithuman.portrait.build import build_avatar
    from bithuman.portrait.photo import read_photo

    check_output(output, ".imx", portrait)
    width, height = _size(size)
    photo = read_photo(portrait)
    title = (portrait.stem if name is None else name).strip()
    if not title or len(title) > _NAME_CHARACTERS or not title.isprintable():
        raise typer.BadParameter(f"1 to {_NAME_CHARACTERS} printable characters.", param_hint="--name")
    note("Looking for the face, then painting it in every state: some ten seconds.")
    _write(output, build_avatar(photo, title, (width, height), portrait.name))
    avatar = open_avatar(output)
    if as_json:
        print_json(
            {
                "path": str(output),
                "name": avatar.name,
                "width": width,
                "height": height,
                "model_hash": avatar.model_hash,
                "bytes": output.stat().st_size,
            }
        )
        return
    print_fields({"Name": avatar.name, "Size": f"{width}×{height}", "Hash": avatar.model_hash, "File": output})


@app.command()
def preview(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SHEET.png", help="The picture to write.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, metavar="AVATAR.imx", help="The avatar file. [default: the built-in avatar]"
        ),
    ] = None,
    video: Annotated[Path | None, typer.Option(metavar="CLIP.mp4", help="A video to write, five seconds long.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw every viseme, closed eyes and two glances of an avatar on one sheet; and let it go through them in a video.

    Silent, always the same, and free: needs no credential.
    """
    import cv2

    from bithuman.cli.contact_sheet import demonstrate, draw_sheet
    from bithuman.engine.avatar import open_avatar
    from bithuman.engine.frames import VideoFrame
    from bithuman.engine.video import VideoWriter

    check_output(output, ".png", file)
    if video is not None:
        check_output(video, ".mp4", file, hint="--video")
    avatar = open_avatar(file)
    _write(output, cv2.imencode(".png", draw_sheet(avatar))[1].tobytes())
    if video is not None:
        with VideoWriter(video, avatar.width, avatar.height) as film:
            for index, image in enumerate(demonstrate(avatar)):
                film.write(VideoFrame(image, frame_index=index))
    if as_json:
        print_json({"sheet": str(output), "video": None if video is None else str(video)})
        return
    print_fields({"Sheet": output, **({} if video is None else {"Video": video})})


def _size(text: str) -> tuple[int, int]:
    from bithuman.portrait.build import LEAST_SIDE_PX, MOST_SIDE_PX

    matched = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text.strip())
    sides = tuple(map(int, matched.groups())) if matched else ()
    if len(sides) != 2 or any(side % 2 or not LEAST_SIDE_PX <= side <= MOST_SIDE_PX for side in sides):
        raise typer.BadParameter(
            f"Two even numbers from {LEAST_SIDE_PX} to {MOST_SIDE_PX}, such as 512x512 or 1280x720.",
            param_hint="--size",
        )
    return sides[0], sides[1]


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise MediaError(
            f"{path} cannot be written: {error.strerror}.", cure="Choose a folder that is there and yours."
        ) from None
