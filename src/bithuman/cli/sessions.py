"""`bithuman sessions`: who renders what, and stopping it."""

from enum import StrEnum
from typing import Annotated

import typer

from bithuman.cli.options import ApiUrl, AsJson
from bithuman.cli.output import credits_text, note, print_json, print_table
from bithuman.cli.times import ago

app = typer.Typer(help="List and terminate the account's sessions.", no_args_is_help=True)


class SessionWindow(StrEnum):
    """Which sessions to list."""

    LIVE = "live"
    RECENT = "recent"
    ALL = "all"


@app.command("list")
def list_(
    window: Annotated[SessionWindow, typer.Option(help="Live now, seen in the last day, or all.")] = SessionWindow.LIVE,
    limit: Annotated[int, typer.Option(min=1, max=200, metavar="NUMBER", help="Sessions to print.")] = 50,
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the sessions, newest first."""
    from bithuman.cli.caller import connect

    caller = connect(api_url)
    answer = caller.call("GET", caller.own("runtime-sessions"), params={"window": window.value, "limit": limit})
    if as_json:
        print_json(answer)
        return
    report = answer["data"]
    print_table(
        ("Session", "Status", "Started", "Last seen", "Minutes", "Credits", "Secret", "Agent"),
        (
            (
                session["id"],
                session["ended_reason"] or session["status"],
                ago(session["started"]),
                ago(session["last_seen"]),
                f"{session['minutes']:.2f}",
                credits_text(session["credits"]),
                session["key_alias"],
                session["agent_code"],
            )
            for session in report["sessions"]
        ),
        numbers={"Minutes", "Credits"},
        least=("Agent", "Last seen", "Secret", "Minutes", "Started", "Credits"),
    )
    note(
        f"Live: {report['active_count']}, at {credits_text(report['live_burn_rate_cr_per_min'])} credits a minute; "
        f"{credits_text(report['credits_this_hour'])} credits in the last hour."
    )


@app.command()
def terminate(
    session_id: Annotated[str, typer.Argument(metavar="SESSION", help="The session's id, as listed.")],
    api_url: ApiUrl = None,
    as_json: AsJson = False,
) -> None:
    """Stop a session for good: it pauses at its next heartbeat, and cannot be resumed."""
    from bithuman.cli.caller import connect
    from bithuman.errors import TokenAnswerError

    caller = connect(api_url)
    path = f"{caller.own('runtime-sessions', session_id)}/terminate"
    try:
        answer = caller.call("POST", path)
    except TokenAnswerError as error:
        if error.http_status == 404:
            error.cure = "'bithuman sessions list --window all' shows them."
        raise
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"Terminated: {session_id}. It stops at its next heartbeat.")
