"""Files that a command is to write: looked at before anything is done."""

import os
from pathlib import Path

import typer


def check_output(path: Path, suffix: str, *sources: Path | None, hint: str = "--output") -> None:
    """Refuse at once what could not be written at the end, or would replace what it is made from.

    Args:
        suffix: what the name has to end in, such as `.mp4`.
        sources: the files that it is made from.
        hint: the option that names it.
    """
    problem = ""
    if path.suffix.lower() != suffix:
        problem = f"give a name that ends in {suffix}."
    elif path.is_dir():
        problem = f"{path} is a folder."
    elif not path.parent.is_dir():
        problem = f"there is no folder {path.parent}."
    elif not os.access(path.parent, os.W_OK):
        problem = f"the folder {path.parent} is not yours to write to."
    elif path.exists() and any(source is not None and source.exists() and path.samefile(source) for source in sources):
        problem = f"{path} is what it is to be made from."
    if problem:
        raise typer.BadParameter(problem, param_hint=hint)
