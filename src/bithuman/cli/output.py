"""How commands speak: results on standard output, everything else on standard error."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import typer

_ONE_LINE = 10_000  # a row is never broken: an id that was cannot be copied, and programs read tables too


def print_json(document: Any) -> None:
    """Print a JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_fields(fields: Mapping[str, object]) -> None:
    """Print named values, each of a list's too, one a line. No line is broken: a value may be there to be copied."""
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        for number, part in enumerate(value or [""] if isinstance(value, list) else [value]):
            typer.echo(f"{'' if number else name:<{width}}  {cell(part)}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[str] = ()) -> None:
    """Print rows under their columns' names; columns named in `numbers` stand to the right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    Console(width=_ONE_LINE, markup=False, emoji=False, highlight=False).print(table)


def note(text: str) -> None:
    """Tell a person something beside the result. What was done stays done where nobody can be told."""
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
