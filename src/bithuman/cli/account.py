"""`bithuman init`, `validate` and `usage`: the developer's own account."""

import os
import sys
from typing import Annotated

import typer

from bithuman.cli.options import ApiUrl, AsJson, SecretStdin
from bithuman.cli.output import credits_text, note, print_fields, print_json, print_table
from bithuman.cli.times import find_zone, local, moment_in_utc
from bithuman.errors import ConfigurationError, TokenRequestError

# What the server takes.
_MAX_OFFSET = 2**53
_MAX_CODE = 64


def init(api_url: ApiUrl = None, secret_stdin: SecretStdin = False, as_json: AsJson = False) -> None:
    """Check an API secret and save it for every later command and program.

    The secret comes from standard input, from BITHUMAN_API_SECRET, or from a prompt. The file is for its owner alone
    (mode 0600). A secret that the server does not accept is not saved.
    """
    from bithuman.cli.caller import Caller, configured_url, read_secret, secret_variable
    from bithuman.client.api_base import api_base
    from bithuman.client.credential_file import write_credentials
    from bithuman.client.credentials import resolve

    if api_url is not None:
        api_url = api_base(api_url)
    variable = secret_variable()
    from_environment = variable is not None and not secret_stdin
    # First what is to be pasted: the prompt for the server shows what is typed.
    secret = None if from_environment else read_secret(from_stdin=secret_stdin)
    if api_url is None and sys.stdin.isatty():
        api_url = typer.prompt("Server", default=configured_url(None), value_proc=_typed_server, err=True)
    caller = Caller(resolve(secret, api_url=api_url))
    me = caller.me()
    path = write_credentials(caller.secret, caller.credentials.api_url)
    if as_json:
        print_json({"file": str(path), "api_url": caller.credentials.api_url, **me})
    else:
        print_fields(
            {
                "Account": me["email"],
                "Plan": me["plan"],
                "Credits": credits_text(me["credit_balance"]),
                "Server": caller.credentials.api_url,
                "Saved in": path,
            }
        )
    if variable and not from_environment:
        note(f"{variable} is set too, and wins over the file. Unset it to use what was saved.")


def _typed_server(text: str) -> str:
    """The server's base. A wrong one is asked for again, so that the secret need not be pasted twice."""
    from bithuman.client.api_base import api_base

    try:
        return api_base(text)
    except ConfigurationError as error:
        raise typer.BadParameter(f"{error.message} {error.cure}") from error


def validate(api_url: ApiUrl = None, secret_stdin: SecretStdin = False, as_json: AsJson = False) -> None:
    """Ask the server whether the API secret is good. Exits 1 if it is not.

    It is the one that is configured; where there is none, standard input or a prompt give it.
    """
    from bithuman.cli.caller import Caller, read_secret, secret_variable
    from bithuman.client.credential_file import read_credentials
    from bithuman.client.credentials import READY_MADE, resolve

    configured = secret_variable() is not None or READY_MADE in os.environ or read_credentials().secret is not None
    ask = secret_stdin or (not configured and sys.stdin.isatty())
    caller = Caller(resolve(read_secret(from_stdin=secret_stdin) if ask else None, api_url=api_url))
    valid = caller.is_valid()
    if as_json:
        print_json({"valid": valid})
    elif valid:
        typer.echo(f"Valid: {caller.credentials.api_url} accepts {_origin(caller.credentials.source)}.")
    else:
        raise TokenRequestError(
            f"Authentication failed: {caller.credentials.api_url} does not accept "
            f"{_origin(caller.credentials.source)}, or its account is not active.",
            cure="Check the secret and the server's address, or make another secret.",
            http_status=401,
        )
    if not valid:
        raise typer.Exit(1)


def usage(
    limit: Annotated[int, typer.Option(min=1, max=200, metavar="NUMBER", help="Lines to print.")] = 20,
    offset: Annotated[
        int, typer.Option(min=0, max=_MAX_OFFSET, metavar="NUMBER", help="Newer lines to pass over.")
    ] = 0,
    start: Annotated[
        str | None, typer.Option(metavar="DAY", help="From the beginning of this day, or from a time of RFC 3339, on.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="DAY", help="Until the beginning of this day, or until before a time.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Time zone of days and times: Europe/Rome. [default: this machine's]"),
    ] = None,
    agent_code: Annotated[str | None, typer.Option(metavar="CODE", help="Of this agent alone.")] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """What was used and what was credited, newest first, and the balance.

    --start 2026-11-01 --end 2026-12-01 is the whole of November. With --json, times are in UTC.
    """
    from bithuman.cli.caller import connect

    if agent_code is not None and len(agent_code) > _MAX_CODE:
        raise typer.BadParameter("give an agent's code, such as A78WKV4515.", param_hint="--agent-code")
    where = find_zone(zone)
    start_at = None if start is None else moment_in_utc(start, where, "--start")
    end_at = None if end is None else moment_in_utc(end, where, "--end")
    caller = connect(api_url)
    wanted: dict[str, str | int | None] = {
        "limit": limit,
        "offset": offset,
        "start": start_at,
        "end": end_at,
        "agent_code": agent_code,
    }
    page = caller.call("GET", "/v1/usage", params={name: value for name, value in wanted.items() if value is not None})
    if as_json:
        print_json(page)
        return
    print_table(
        ("Time", "Activity", "Credits", "Session", "Agent"),
        (
            (
                local(entry["created_at"], where),
                entry["activity_type"].replace("_", " "),
                # The API counts what was used as positive; people read a balance.
                credits_text(-entry["credits_change"], signed=True),
                entry["session_id"],
                entry["agent_code"],
            )
            for entry in page["data"]
        ),
        numbers={"Credits"},
        least=("Agent", "Session", "Activity"),
    )
    note(f"Times are those of {zone or 'this machine'}.")
    more = page["pagination"]["total"] - offset - len(page["data"])
    if more > 0:
        note(f"{more} more; see --offset and --limit.")
    me = caller.me()
    note(
        f"Balance: {credits_text(me['credit_balance'])} credits: {credits_text(me['plan_credits_remaining'])} "
        f"of the plan this month, {credits_text(me['topup_credits_remaining'])} topped up."
    )


def _origin(source: str) -> str:
    return {
        "argument": "the secret that was given",
        "environment": "the secret of the environment",
        "file": "the secret of the credentials file",
    }[source]
