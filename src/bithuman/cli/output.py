"""How commands speak: results on standard output, everything else on standard error."""

import json
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import typer

_ONE_LINE = 10_000  # where programs read: a row is one line
_GAP = 2


def print_json(document: Any) -> None:
    """Print a JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_fields(fields: Mapping[str, object]) -> None:
    """Print named values, each of a list's too, one a line. No value is broken: it may be there to be copied.

    A value that does not fit beside its name on a terminal stands below it.
    """
    width = max(len(name) for name in fields) + _GAP
    for name, value in fields.items():
        for number, part in enumerate(value or [""] if isinstance(value, list) else [value]):
            shown = "" if number else name
            text = cell(part)
            if width + cell_len(text) <= line_width():
                typer.echo(f"{shown:<{width}}{text}")
            else:
                typer.echo("\n".join(filter(None, (shown, text))))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: Collection[str] = (),
    *,
    least: Sequence[str] = (),
) -> None:
    """Print rows under their columns' names. No value is broken: it may be there to be copied.

    On a terminal that is too narrow, columns are left out, and if that is not enough, each row is printed as named
    values, one a line. A pipe gets all.

    Args:
        numbers: columns that stand to the right.
        least: columns to leave out, the least important first.
    """
    texts = [[cell(value) for value in row] for row in rows]
    widths = {
        name: max(cell_len(text) for text in (name, *column))
        for name, column in zip(columns, zip(*texts, strict=True) if texts else [()] * len(columns), strict=True)
    }
    shown, room = list(columns), line_width() + _GAP
    for name in least:
        if sum(widths[column] + _GAP for column in shown) > room:
            shown.remove(name)
    if sum(widths[name] + _GAP for name in shown) > room:
        for number, row in enumerate(texts):
            if number:
                typer.echo()
            print_fields(dict(zip(columns, row, strict=True)))
        return
    for number, row in enumerate([list(columns), *texts]):
        padded = (_padded(row[columns.index(name)], widths[name], name in numbers) for name in shown)
        line = (" " * _GAP).join(padded).rstrip()
        typer.echo(line if number else typer.style(line, bold=True))
    if missing := [name for name in columns if name not in shown]:
        note(f"Not shown for want of room: {', '.join(missing)}. A wider terminal, a pipe or --json shows all.")


def wrapped(text: str, indent: int) -> str:
    """A line of words. On a terminal it goes on below, by `indent` columns to the right; no word is broken."""
    words = textwrap.TextWrapper(
        width=line_width(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return words.fill(text)


def line_width() -> int:
    """How many columns a line on standard output has."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _ONE_LINE


def _padded(text: str, width: int, to_the_right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if to_the_right else text + blanks


def cell_len(text: str) -> int:
    """How many columns a text takes."""
    from rich.cells import cell_len as measure

    return measure(text)


def note(text: str) -> None:
    """Print something for a person beside the result. A command does not fail because this cannot be printed."""
    with suppress(OSError):
        typer.echo(text, err=True)


def cell(value: object) -> str:
    """A value as one line of text. What a terminal would take for a command is struck out."""
    if value is None or value == "":
        return "–"
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def credits_text(amount: float, *, signed: bool = False) -> str:
    """Credits without needless zeros: `98.5`, `0.000001`; where `signed`, `+10` too."""
    digits = f"{amount:.6f}".rstrip("0").rstrip(".")
    return f"+{digits}" if signed and amount > 0 else digits
