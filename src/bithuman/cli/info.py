"""`bithuman info`: what is in an avatar file."""

from pathlib import Path
from typing import Annotated

import typer

from bithuman.cli.options import AsJson
from bithuman.cli.output import print_fields, print_json, print_table


def info(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, metavar="AVATAR.imx", help="The avatar file. [default: the built-in avatar]"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an avatar file and print what it holds. Needs no credential."""
    from bithuman.engine.avatar import BUILT_IN, open_avatar
    from bithuman.engine.container import read_container

    avatar = open_avatar(file)
    path = file or BUILT_IN
    container = read_container(path)
    schema = container.manifest.integer("schema_version", 1, 1 << 31)
    # A writer's word on where the avatar is from, shown as it stands.
    origin = {key: value for key in ("synthetic", "source") if (value := container.manifest.get(key)) is not None}
    entries = {name: len(content) for name, content in container.entries.items()}
    if as_json:
        print_json(
            {
                "path": str(path),
                "name": avatar.name,
                "width": avatar.width,
                "height": avatar.height,
                "fps": avatar.fps,
                "model_hash": avatar.model_hash,
                "schema_version": schema,
                **origin,
                "entries": [{"name": name, "bytes": size} for name, size in entries.items()],
            }
        )
        return
    print_fields(
        {
            "File": path,
            "Name": avatar.name,
            "Size": f"{avatar.width}×{avatar.height}",
            "Frames a second": avatar.fps,
            "Hash": avatar.model_hash,
            "Schema": schema,
            **{key.capitalize(): "yes" if value is True else value for key, value in origin.items()},
        }
    )
    typer.echo()
    print_table(("Entry", "Bytes"), entries.items(), numbers={"Bytes"})
