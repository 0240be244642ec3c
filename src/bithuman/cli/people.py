"""`bithuman admin invite`: a link to the console for a person."""

from typing import TYPE_CHECKING, Annotated

import typer

from bithuman.cli.data_folder import change
from bithuman.cli.extras import server_extra
from bithuman.cli.options import AsJson, DataDir
from bithuman.cli.output import note, print_json
from bithuman.cli.serve import server_settings

if TYPE_CHECKING:
    from bithuman.service.people import NewLink
    from bithuman.service.platform import Platform


def invite(
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="The person's address.")],
    account: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The account to join. [default: an account of the person's own]"),
    ] = None,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="With --account: owner, admin, developer or viewer.")
    ] = "owner",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a one-time link for a person: into an account, or to a new password.

    The link works once, for 24 hours. Without --account, a person who is not known yet gets an account of their own,
    and one who is known sets a new password.
    """
    with server_extra():
        from bithuman.core.people import Role
        from bithuman.service import people
        from bithuman.service.accounts import find_account
    if role not in set(Role):
        raise typer.BadParameter("give owner, admin, developer or viewer.", param_hint="--role")

    async def make(platform: "Platform") -> "NewLink":
        account_id = None if account is None else find_account(platform, account).id
        return await people.invite(platform, email, account_id, Role(role))

    link = change(data_dir, make, make=True)
    settings = server_settings(data_dir=data_dir)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = people.setup_url(settings.public_url or f"http://{host}:{settings.port}", link)
    if as_json:
        print_json({"url": url, "email": link.link.email, "purpose": link.link.purpose})
        return
    typer.echo(url)
    note("It works once, for 24 hours. Send it to this person alone.")
