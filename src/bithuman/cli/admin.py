"""`bithuman admin`: what the operator does to accounts and keys, on the data folder itself.

No server need run; one that does takes the changes over.
"""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated

import typer

from bithuman.cli import accounts as account_commands
from bithuman.cli import backup, people
from bithuman.cli.accounts import show_account
from bithuman.cli.data_folder import change, opened
from bithuman.cli.extras import server_extra
from bithuman.cli.options import AsJson, DataDir
from bithuman.cli.output import note, print_fields, print_json

if TYPE_CHECKING:
    from bithuman.service.secrets import NewSecret

app = typer.Typer(help="Operate the server's accounts, keys and backups, in its data folder.", no_args_is_help=True)
app.command("list")(account_commands.list_)
app.command()(account_commands.show)
app.command("set-plan")(account_commands.set_plan)
app.command()(account_commands.export)
app.command("delete-account")(account_commands.delete_account)
app.command()(people.invite)
app.command()(backup.backup)
app.command()(backup.restore)

_MICRO = 1_000_000
_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")

Email = Annotated[str, typer.Option(metavar="ADDRESS", help="The account's address.")]


@app.command("create-account")
def create_account(
    email: Email,
    plan: Annotated[str, typer.Option(metavar="NAME", help="A plan of the schedule.")] = "free",
    topup: Annotated[
        str, typer.Option("--credits", metavar="NUMBER", help="Credits beside the plan's; up to six decimals.")
    ] = "0",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an account and its first secret, which is shown this once."""
    with server_extra():
        from bithuman.service import accounts
    amount = _micro_credits(topup)
    made = change(data_dir, lambda platform: accounts.create_account(platform, email, plan, amount), make=True)
    _show_secret(made.account.id, made.secret, as_json)


@app.command("create-secret")
def create_secret(
    email: Email,
    alias: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it. [default: made up]")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a secret for an account that has lost its last one. It is shown this once."""
    with server_extra():
        from bithuman.service import accounts, secrets
    with opened(data_dir) as platform:
        account = accounts.find_account(platform, email)
        made = asyncio.run(secrets.create_secret(platform, account.id, alias))
    _show_secret(account.id, made, as_json)


@app.command()
def grant(
    email: Email,
    topup: Annotated[str, typer.Option("--credits", metavar="NUMBER", help="Credits to add; up to six decimals.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Top an account up. Such credits do not lapse."""
    with server_extra():
        from bithuman.service import accounts
    amount = _micro_credits(topup)
    show_account(change(data_dir, lambda platform: accounts.grant_credits(platform, email, amount)), as_json)


@app.command()
def suspend(
    email: Email,
    restore: Annotated[bool, typer.Option("--restore", help="Let it go on again.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Refuse an account everything. Its live sessions pause at their next heartbeat."""
    with server_extra():
        from bithuman.service import accounts
    changed = change(data_dir, lambda platform: accounts.set_suspended(platform, email, suspended=not restore))
    show_account(changed, as_json)


@app.command("rotate-signing-key")
def rotate_signing_key(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Sign with a new key. Tokens of the old one live out their time, and a running server takes the new one over."""
    with opened(data_dir) as platform:
        kid = platform.rotate_signing_key()
    if as_json:
        print_json({"kid": kid})
    else:
        print_fields({"Signing key": kid})
        note("Copy keys.json to your backup place again.")


@app.command()
def check(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check that every balance is the sum of its ledger. Exits 1 if one is not."""
    with server_extra():
        from bithuman.service.usage import unbalanced_accounts
    with opened(data_dir) as platform:
        unbalanced = unbalanced_accounts(platform)
    if as_json:
        print_json({"balanced": not unbalanced, "unbalanced_accounts": unbalanced})
    elif unbalanced:
        note("These accounts' balances are not the sum of their ledgers. Restore a backup, and report this:")
        for user_id in unbalanced:
            typer.echo(user_id)
    else:
        typer.echo("Every balance is the sum of its ledger.")
    if unbalanced:
        raise typer.Exit(1)


def _micro_credits(text: str) -> int:
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        raise typer.BadParameter("give a number of credits with up to six decimals.", param_hint="--credits")
    whole, decimals = amount[1], amount[2] or ""
    return int(whole) * _MICRO + int(decimals.ljust(6, "0"))


def _show_secret(user_id: str, made: "NewSecret", as_json: bool) -> None:
    shown = {"user_id": user_id, "alias": made.alias, "secret": made.secret}
    if as_json:
        print_json(shown)
    else:
        print_fields({"User id": user_id, "Alias": made.alias, "Secret": made.secret})
        note("Keep the secret now: the server has only a hash of it, and it is not shown again.")
