"""`bithuman serve`: run the platform's server."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from bithuman.cli.extras import server_extra
from bithuman.cli.options import DataDir
from bithuman.errors import ConfigurationError

if TYPE_CHECKING:
    from bithuman.service.settings import Settings


class ServeCommand(TyperCommand):
    """A command whose help ends with every setting that the environment takes."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the framework's signature
        """Write the settings."""
        with formatter.section("Settings, by environment"):
            try:
                formatter.write_dl(list(_settings_help()))
            except ConfigurationError as error:
                formatter.write_text(str(error))


def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on. [default: BITHUMAN_HOST]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, metavar="PORT", help="Port, 0 for a free one. [default: BITHUMAN_PORT]"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C, then finish what is under way.

    Once it listens, it prints 'Listening on URL' to standard output; its log goes to standard error. While nobody is
    the operator it also prints 'Set up: URL', a link to the console for the first person. One server at a time may use
    a data folder.
    """
    with server_extra():
        from bithuman.console.app import add_console
        from bithuman.http import server
    settings = server_settings(host=host, port=port, data_dir=data_dir)
    server.serve(settings, _announce, add_console)


def _announce(url: str, setup_url: str | None) -> None:
    if setup_url is not None:
        typer.echo(f"Set up: {setup_url}")
    typer.echo(f"Listening on {url}")


def server_settings(**overrides: object) -> "Settings":
    """The server's settings: options that were given, then the environment.

    Raises:
        ConfigurationError: one is wrong.
    """
    with server_extra():
        from bithuman.service.settings import load_settings
    return load_settings(**overrides)


def existing_server_settings(data_dir: Path | None) -> "Settings":
    """The settings of a server that has been started, or given an account, before.

    Raises:
        ConfigurationError: there is none, its keys are missing, or a setting is wrong.
    """
    settings = server_settings(data_dir=data_dir)
    with server_extra():
        from bithuman.service.platform import database_file
        from bithuman.store.keys import missing_keys
    if not settings.keys_path.exists() and settings.secret_pepper is None:
        if database_file(settings).exists():
            raise missing_keys(settings.keys_path)
        raise ConfigurationError(
            f"There is no server's data in {settings.data_dir}.",
            cure="Set BITHUMAN_DATA_DIR or --data-dir to the server's folder, or make an account first.",
        )
    return settings


def _settings_help() -> Iterator[tuple[str, str]]:
    with server_extra():
        from bithuman.service.settings import ENV_PREFIX, Settings
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, "") else f" [default: {default}]"
        yield ENV_PREFIX + name.upper(), f"{field.description}{shown}"
