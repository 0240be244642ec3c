"""`bithuman admin list`, `show`, `set-plan`, `export` and `delete-account`: an account as the operator sees it."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bithuman.cli.data_folder import change, opened
from bithuman.cli.extras import server_extra
from bithuman.cli.files import check_output
from bithuman.cli.options import AsJson, DataDir
from bithuman.cli.output import note, print_fields, print_json, print_table
from bithuman.cli.times import local

if TYPE_CHECKING:
    from bithuman.core.accounts import Account, SecretRecord
    from bithuman.core.plans import Plan
    from bithuman.service.personal_data import Holdings
    from bithuman.service.sessions import SessionView

_MICRO = 1_000_000
_MINUTE_MS = 60_000

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's address.")]


def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all accounts by address, with what each has left. A deleted one has an id and no address."""
    with server_extra():
        from bithuman.service.accounts import list_accounts
    with opened(data_dir) as platform:
        accounts = list_accounts(platform)
    if as_json:
        print_json({"accounts": [_account_document(account) for account in accounts]})
        return
    print_table(
        ("Email", "Plan", "State", "Credits", "Id"),
        (
            (_address(account), account.plan, account.status, credits_exactly(account.balance.total), account.id)
            for account in accounts
        ),
        numbers={"Credits"},
        least=("Id", "Plan", "State"),
    )


def show(email: Email, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show an account: its credits, its plan's limits, its secrets (masked) and its live sessions."""
    with server_extra():
        from bithuman.service.accounts import read_overview
    with opened(data_dir) as platform:
        found = read_overview(platform, email)
    if as_json:
        print_json(
            {
                "account": _account_document(found.account),
                "plan": _plan_document(found.plan),
                "secrets": [_secret_document(secret) for secret in found.secrets],
                "live_sessions": [_session_document(session) for session in found.sessions],
            }
        )
        return
    account, plan = found.account, found.plan
    print_fields(
        {
            "Account": account.email,
            "User id": account.id,
            "Status": account.status,
            "Created": local(_time(account.created_ms)),
            "Credits": credits_exactly(account.balance.total),
            "of the plan": credits_exactly(account.balance.plan),
            "topped up": credits_exactly(account.balance.topup),
            "Plan": account.plan,
            "Credits a month": credits_exactly(plan.credits),
            "Live sessions": f"{len(found.sessions)} of {plan.sessions}",
            "Reads a minute": plan.reads_per_minute,
            "Writes a minute": plan.writes_per_minute,
        }
    )
    typer.echo()
    print_table(
        ("Alias", "SecretRecord", "Created", "Last used"),
        (
            (secret.alias, secret.key_display, local(_time(secret.created_ms)), local(_time(secret.last_used_ms)))
            for secret in found.secrets
        ),
        least=("Created",),
    )
    if found.sessions:
        typer.echo()
        print_table(
            ("Live session", "Started", "SecretRecord", "Agent"),
            (
                (view.session.id, local(_time(view.session.started_ms)), view.key_alias, view.session.agent_code)
                for view in found.sessions
            ),
            least=("Agent", "SecretRecord"),
        )


def set_plan(
    email: Email,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan of the schedule.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put an account on another plan, from its next request on.

    A larger plan grants the difference of this month's credits at once. A smaller one takes it back, as far as the
    plan's credits go. Live sessions stay live.
    """
    with server_extra():
        from bithuman.service import accounts
    show_account(change(data_dir, lambda platform: accounts.set_plan(platform, email, plan)), as_json)


def export(
    email: Email,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.json", help="The file to make; one that is there is kept.")
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write all that the platform holds of an account to a file for its owner: mode 0600.

    The account, its secrets without any secret or hash, its sessions, its ledger, and what was done to it.
    """
    with server_extra():
        from bithuman.service.personal_data import read_holdings
        from bithuman.store.files import write_whole
    check_output(output, ".json")
    with opened(data_dir) as platform:
        held = read_holdings(platform, email)
    document = _holdings_document(held)
    try:
        write_whole(output, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
    except FileExistsError:
        raise typer.BadParameter(
            f"{output} is there already, and is kept. Give another name.", param_hint="--output"
        ) from None
    counts = {name: len(document[name]) for name in ("secrets", "sessions", "ledger", "events")}
    if as_json:
        print_json({"file": str(output), "user_id": held.account.id, **counts})
    else:
        print_fields({"File": output, **{name.capitalize(): count for name, count in counts.items()}})


def delete_account(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for the address again.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete an account for good: its secrets die, its live sessions end, and its address and labels are removed.

    Its ledger is kept under its id, so that every bill can be proven. The address may be used for a new account.
    """
    with server_extra():
        from bithuman.service import personal_data
        from bithuman.service.accounts import find_account, normal_address
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("give --yes where nobody can be asked.", param_hint="--yes")
        with opened(data_dir) as platform:
            address = find_account(platform, email).email
        note(f"This deletes {address} for good. 'bithuman admin export' keeps a copy of what it holds.")
        if normal_address(typer.prompt("Type the address again", err=True)) != address:
            raise typer.BadParameter(
                "that is another address. Nothing was deleted: run the command again.", param_hint="EMAIL"
            )
    deleted = change(data_dir, lambda platform: personal_data.delete_account(platform, email))
    ended = {"secrets_ended": deleted.secrets_ended, "sessions_ended": deleted.sessions_ended}
    if as_json:
        print_json({"user_id": deleted.account.id, **ended})
        return
    print_fields(
        {
            "Deleted": normal_address(email),
            "Ledger kept as": deleted.account.id,
            "Secrets ended": deleted.secrets_ended,
            "Sessions ended": deleted.sessions_ended,
        }
    )
    note("Backups of before hold the account still. Delete them too if they must not, and do not restore them.")


def show_account(account: "Account", as_json: bool) -> None:
    """Print an account after a change."""
    if as_json:
        print_json(_account_document(account))
        return
    print_fields(
        {
            "Account": account.email,
            "Plan": account.plan,
            "Status": account.status,
            "Credits": credits_exactly(account.balance.total),
        }
    )


def credits_exactly(micro: int) -> str:
    """Micro-credits as credits, to the last decimal."""
    sign, size = ("-", -micro) if micro < 0 else ("", micro)
    return f"{sign}{size // _MICRO}.{size % _MICRO:06}".rstrip("0").rstrip(".")


def _address(account: "Account") -> str | None:
    """The account's address; a deleted one has none."""
    return None if account.deleted_ms is not None else account.email


def _account_document(account: "Account") -> dict[str, Any]:
    return {
        "user_id": account.id,
        "email": _address(account),
        "plan": account.plan,
        "account_status": account.status,
        "credit_balance": _credits(account.balance.total),
    }


def _plan_document(plan: "Plan") -> dict[str, Any]:
    return {
        "name": plan.name,
        "credits_per_month": _credits(plan.credits),
        "concurrent_sessions": plan.sessions,
        "reads_per_minute": plan.reads_per_minute,
        "writes_per_minute": plan.writes_per_minute,
    }


def _secret_document(secret: "SecretRecord") -> dict[str, Any]:
    return {
        "alias": secret.alias,
        "key_display": secret.key_display,
        "created_at": _time(secret.created_ms),
        "last_used_at": _time(secret.last_used_ms),
    }


def _session_document(view: "SessionView") -> dict[str, Any]:
    session = view.session
    return {
        "id": session.id,
        "status": view.state,
        "ended_reason": view.reason,
        "started": _time(session.started_ms),
        "last_seen": _time(session.seen_ms),
        "minutes": _decimal(session.billed_ms, _MINUTE_MS),
        "credits": _credits(session.charged),
        "key_alias": view.key_alias,
        "agent_code": session.agent_code,
        "billing_type": session.pricing_code,
    }


def _holdings_document(held: "Holdings") -> dict[str, Any]:
    account = held.account
    return {
        "exported_at": _time(held.at_ms),
        "account": {
            **_account_document(account),
            "created_at": _time(account.created_ms),
            "plan_credits_remaining": _credits(account.balance.plan),
            "topup_credits_remaining": _credits(account.balance.topup),
        },
        "members": [
            {"email": member.email, "role": member.membership.role, "since": _time(member.membership.since_ms)}
            for member in held.members
        ],
        "secrets": [{**_secret_document(secret), "ended": not secret.is_live(held.at_ms)} for secret in held.secrets],
        "sessions": [
            {
                **_session_document(view),
                "ended_at": _time(view.session.ended_ms),
                "transaction_id": view.session.transaction_id,
                "fingerprint": view.session.fingerprint,
                **view.details,
            }
            for view in held.sessions
        ],
        "ledger": [
            {
                "created_at": _time(entry.at_ms),
                "activity_type": entry.activity,
                "plan_change": _credits(entry.plan_change),
                "topup_change": _credits(entry.topup_change),
                "session_id": entry.session_id,
                "agent_code": entry.agent_code,
                "pricing_code": entry.pricing_code,
            }
            for entry in held.entries
        ],
        "events": [
            {"at": _time(event.at_ms), "event": event.event, "subject": event.subject, "count": event.count}
            for event in held.events
        ],
    }


def _time(ms: int | None) -> str | None:
    from bithuman.http.documents import rfc3339

    return None if ms is None else rfc3339(ms)


def _credits(micro: int) -> int | float:
    return _decimal(micro, _MICRO)


def _decimal(amount: int, divisor: int) -> int | float:
    from bithuman.http.wire import decimal_number

    return decimal_number(amount, divisor)
