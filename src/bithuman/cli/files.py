"""Files and folders that a command writes: checked before anything is done."""

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
    elif no_parent := _parent_problem(path):
        problem = no_parent
    elif path.exists() and any(source is not None and source.exists() and path.samefile(source) for source in sources):
        problem = f"{path} is the source; give another name."
    if problem:
        raise typer.BadParameter(problem, param_hint=hint)


def check_new_folder(path: Path, hint: str) -> None:
    """Refuse a folder that cannot be made.

    Args:
        hint: the argument that names it.
    """
    if problem := _parent_problem(path):
        raise typer.BadParameter(problem, param_hint=hint)


def _parent_problem(path: Path) -> str:
    parent = path.absolute().parent
    if not parent.is_dir():
        return f"there is no folder {parent}. Make it first."
    if not os.access(parent, os.W_OK):
        return f"you may not write to the folder {parent}."
    return ""
