"""`bithuman doctor`: could an avatar run here, and if not, what is to be done?"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bithuman.cli.options import ApiUrl, AsJson
from bithuman.cli.output import cell, note, print_json, wrapped

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}
_INDENT = 13
"""Where what was found begins: after the mark and the longest name."""


def doctor(
    avatar: Annotated[
        Path | None, typer.Option(metavar="AVATAR.imx", help="The avatar to try. [default: the built-in one]")
    ] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Look at everything that an avatar needs. Exits 0 if one could run, else 1."""
    from bithuman.cli.checks import Mark, all_checks

    found = []
    for check in all_checks(api_url, avatar):
        found.append(check)
        if not as_json:
            sign, colour = _MARKS[check.mark]
            shown = sign if os.environ.get("NO_COLOR") else typer.style(sign, fg=colour)
            line = f"{sign} {check.name:<10} {cell(f'{check.detail} {check.cure}'.strip())}"
            typer.echo(shown + wrapped(line, _INDENT).removeprefix(sign))
    failed = [check.name for check in found if check.mark is Mark.FAILED]
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in found]})
    else:
        note(f"No avatar can run here: see {', '.join(failed)}." if failed else "An avatar can run here.")
    if failed:
        raise typer.Exit(1)
