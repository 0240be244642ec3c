"""The tree of commands, at one glance."""

from typing import Annotated

import typer

from bithuman.cli import account, admin, avatar, doctor, info, keys, mouth, render, sample, serve, sessions
from bithuman.cli.failures import DEBUG

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from bithuman import __version__

        typer.echo(f"bithuman {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    # Taken off the arguments before they are parsed, so that it may stand anywhere; it is here for the help.
    debug: Annotated[bool, typer.Option(DEBUG, help="Show where an error comes from. May stand anywhere.")] = False,
) -> None:
    """Self-hosted talking avatars: serve them, manage access to them, render them.

    Exit codes: 0 fine, 1 refused or failed, 2 misuse, 130 interrupted.
    """


app.command(cls=serve.ServeCommand)(serve.serve)
app.command()(account.init)
app.command()(doctor.doctor)
app.command()(account.validate)
app.command()(account.usage)
app.add_typer(keys.app, name="keys")
app.add_typer(sessions.app, name="sessions")
app.command()(render.render)
app.command()(render.speak)
app.command()(mouth.mouth)
app.command()(sample.sample)
app.command()(info.info)
app.add_typer(avatar.app, name="avatar")
app.add_typer(admin.app, name="admin")
