"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
ApiUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The server's base. [default: BITHUMAN_API_URL, or as saved by 'bithuman init']"),
]
DataDir = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The server's data folder. [default: BITHUMAN_DATA_DIR]")
]
SecretStdin = Annotated[
    bool, typer.Option("--secret-stdin", help="Read the secret from standard input, never from an argument.")
]
