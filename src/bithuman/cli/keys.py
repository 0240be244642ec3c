"""`bithuman keys`: the account's API secrets."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bithuman.cli.options import ApiUrl, AsJson
from bithuman.cli.output import note, print_fields, print_json, print_table
from bithuman.cli.times import local

if TYPE_CHECKING:
    from bithuman.cli.caller import Caller

app = typer.Typer(help="List, make, rotate and delete the account's API secrets.", no_args_is_help=True)

Alias = Annotated[str, typer.Argument(metavar="ALIAS", help="What the secret is called.")]


@app.command("list")
def list_(api_url: ApiUrl = None, as_json: AsJson = False) -> None:
    """List the secrets that are good, masked."""
    from bithuman.cli.caller import connect

    caller = connect(api_url)
    answer = caller.call("GET", caller.own("api-secrets"))
    if as_json:
        print_json(answer)
        return
    print_table(
        ("Alias", "Secret", "Created", "Last used"),
        (
            (key["alias"], key["key_display"], local(key["created_at"]), local(key["last_used_at"]))
            for key in answer["data"]
        ),
        least=("Created",),
    )


@app.command()
def create(
    alias: Annotated[str | None, typer.Argument(metavar="[ALIAS]", help="What to call it; else made up.")] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a secret. It is shown this once."""
    from bithuman.cli.caller import connect

    caller = connect(api_url)
    made = caller.call("POST", caller.own("api-secrets"), {} if alias is None else {"alias": alias})
    _show(made, as_json)


@app.command()
def rotate(
    alias: Alias,
    overlap: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="How long the old secret goes on working.")
    ] = 0,
    save: Annotated[
        bool | None,
        typer.Option("--save/--no-save", help="Put the new secret into the credentials file. [default: ask]"),
    ] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Replace a secret at once. The new one is shown this once.

    A session that the old one opened is refused at its next heartbeat. A program that took the secret from the
    credentials file finds the new one there and goes on.
    """
    from bithuman.cli.caller import connect
    from bithuman.client.credential_file import write_credentials
    from bithuman.client.secret import Secret

    caller = connect(api_url)
    in_use = _is_in_use(caller, alias)
    with _known_alias():
        made = caller.call("POST", f"{caller.own('api-secrets', alias)}/rotate", {"overlap_seconds": overlap})
    # Shown before it is saved: a full disk must not lose it.
    _show(made, as_json)
    if save is None and in_use and caller.credentials.source == "file" and sys.stdin.isatty() and not as_json:
        save = typer.confirm("Put it into the credentials file, which holds the old one?", default=True, err=True)
    if save:
        note(f"Saved in {write_credentials(Secret(made['secret']), caller.credentials.api_url)}.")
    if in_use and not (save and caller.credentials.source == "file"):
        how = (
            "Run `bithuman init`, and paste the new one"
            if caller.credentials.source == "file"
            else "Put the new one there"
        )
        note(f"The old secret is still in {_place(caller)}. {how}.")


@app.command()
def delete(
    alias: Alias,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """End a secret at once. A session that it opened is refused at its next heartbeat."""
    from bithuman.cli.caller import connect

    caller = connect(api_url)
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("give --yes where nobody can be asked.", param_hint="--yes")
        warning = " It is the one that this command uses." if _is_in_use(caller, alias) else ""
        typer.confirm(f"Delete '{alias}'?{warning}", abort=True, err=True)
    with _known_alias():
        answer = caller.call("DELETE", caller.own("api-secrets", alias))
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"Deleted: {answer['alias']}.")


@contextmanager
def _known_alias() -> Iterator[None]:
    """A secret that is not there comes with where to find those that are."""
    from bithuman.errors import TokenAnswerError

    try:
        yield
    except TokenAnswerError as error:
        if error.http_status == 404:
            error.cure = "'bithuman keys list' shows the aliases."
        raise


def _show(made: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        print_fields({"Alias": made["alias"], "Secret": made["secret"]})
        note("Keep the secret now: the server has only a hash of it, and it is not shown again.")


def _is_in_use(caller: "Caller", alias: str) -> bool:
    """Whether the secret called `alias` is the one that this command itself uses."""
    from bithuman.core.secrets import mask

    masked = mask(caller.secret.reveal())
    keys = caller.call("GET", caller.own("api-secrets"))["data"]
    return any((key["alias"], key["key_display"]) == (alias, masked) for key in keys)


def _place(caller: "Caller") -> str:
    from bithuman.cli.caller import secret_variable

    return "the credentials file" if caller.credentials.source == "file" else f"the environment ({secret_variable()})"
